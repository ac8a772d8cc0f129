const percent = (value) => `${(value * 100).toFixed(0)} %`

/** Formats the results for the page: the conditions, the table and the project's three goals. */
export function markdown (results, { date, node, cpu, load, rounds, slice }) {
  const [ours, guides, jwt] = ['cookie', 'guides', 'jwt'].map((key) => results.find((result) => result.key === key))
  const rows = results.map(({ group, label, cpu, least, share, shares, shareOfLeast, rate }) =>
    `| ${group} | ${label} | ${cpu.toFixed(1)} (${least.toFixed(1)}) | ${percent(share)} [${percent(shares[0])} … ${percent(shares[1])}] | ${percent(shareOfLeast)} | ${(guides.cpu / cpu).toFixed(1)} | ${Math.round(rate)} |`)
  return `${date}, Node ${node}, ${cpu}; load average of the machine during the run ${load}; ${rounds} rounds of ${slice} ms.

| | request | CPU µs, median (least) | of the open route: median [range] | of leasts | × the guides | requests/s |
|---|---|---|---|---|---|---|
${rows.join('\n')}

- Guarded, cookie: **${percent(ours.share)}** of the open route of the same process (goal: 90 %).
- **${(guides.cpu / ours.cpu).toFixed(1)} times** the guides' set-up on Fastify (goal: 5.5).
- **${(jwt.cpu / ours.cpu).toFixed(1)} times** \`@fastify/jwt\` with its cache (goal: 1.5).
`
}
