const number = (value) => value === undefined ? '–' : value.toFixed(1)
const ratio = (value) => value.toFixed(2)

/** Formats the results for the page: the conditions, the table and the two goals. */
export function markdown (results, { date, node, cpu, load, rounds, logins, hash }) {
  const rows = results.map(({ label, service, core, calls, latency }) => `| ${label} | ${number(service)} | ${number(core)} | ${number(latency)} | ${calls === undefined ? '–' : calls.toFixed(0)} |`)
  const of = (key) => results.find((result) => result.key === key)
  const each = (one, other) => one.map((value, round) => value / other[round]).toSorted((a, b) => a - b)
  const shown = (ratios) => `**${ratio(ratios[ratios.length >> 1])}** [${ratio(ratios[0])} … ${ratio(ratios.at(-1))}]`
  const [elsewhere, inside, guides, before] = ['elsewhere', 'inside', 'guides', 'before'].map(of)
  const two = before ?? elsewhere
  const sum = two.services.map((service, round) => service + two.cores[round])
  return `${date}, Node ${node}, ${cpu}; load average of the machine during the run ${load}; medians of ${rounds} rounds of ${logins} logins, turn by turn.

| | service, CPU ms | Core, CPU ms | latency ms | calls to the Core |
|---|---|---|---|---|
${rows.join('\n')}

- Service, Core elsewhere, of the guides' service: ${shown(each(elsewhere.services, guides.services))} (goal: 0.7).
- One process with the Core inside, of service and Core as two processes${before === undefined ? '' : ' before'}: ${shown(each(inside.services, sum))} (goal: 0.6).
- A password's hash is not in it. With a Core's default of 11 rounds of bcrypt it adds ${hash.toFixed(0)} ms of CPU time to every login, wherever it is made.
`
}
