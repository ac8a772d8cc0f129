const percent = (value) => `${(value * 100).toFixed(0)} %`

/** Formats the results for the page: the conditions, the table and the project's goals. */
export function markdown (results, { date, node, cpu, load, rounds, slice }) {
  const byKey = Object.fromEntries(results.filter(({ key }) => key !== undefined).map((result) => [result.key, result]))
  const { cookie, bearer, firstSight, guides, jwt, rs256, forged, noToken } = byKey
  const rows = results.map(({ group, label, cpu, least, share, shares, shareOfLeast, rate }) =>
    `| ${group} | ${label} | ${cpu.toFixed(1)} (${least.toFixed(1)}) | ${percent(share)} [${percent(shares[0])} … ${percent(shares[1])}] | ${percent(shareOfLeast)} | ${(guides.cpu / cpu).toFixed(1)} | ${Math.round(rate)} |`)
  return `${date}, Node ${node}, ${cpu}; load average of the machine during the run ${load}; ${rounds} rounds of ${slice} ms.

| | request | CPU µs, median (least) | of the open route: median [range] | of leasts | × the guides | requests/s |
|---|---|---|---|---|---|---|
${rows.join('\n')}

- Guarded, ten thousand tokens, of the open route of the same process, by leasts (goal: 95 %): **${percent(cookie.shareOfLeast)}** by cookie, **${percent(bearer.shareOfLeast)}** by header.
- **${(guides.cpu / cookie.cpu).toFixed(1)} times** the guides' set-up on Fastify (goal: 5.5), **${(jwt.cpu / cookie.cpu).toFixed(1)} times** \`@fastify/jwt\` with its cache (goal: 1.5).
- A token that was never seen costs **${(firstSight.cpu / rs256.cpu).toFixed(2)}** times one RS256 verification, by leasts ${(firstSight.least / rs256.least).toFixed(2)} (goal: 1.3).
- Refusals, by leasts (goal: 1.5): without a token **${(1 / noToken.shareOfLeast).toFixed(1)}** times the open route, with a forged one **${(1 / forged.shareOfLeast).toFixed(1)}** times: that takes one RS256 verification.
`
}
