const ROW = 22
const LEFT = 330
const WIDTH = 900
const BAR = WIDTH - LEFT - 110
const COLOURS = { 'fastify-2fa': '#1a7f5a', 'the guides': '#b3541e', others: '#4a6fa5', refusals: '#8a8a8a' }

const escape = (text) => text.replace(/`/g, '').replace(/&/g, '&amp;').replace(/</g, '&lt;')

/** Draws the throughput of each guarded route as a share of the open route's. */
export function chart (results, { date, node, load }) {
  const shown = results.filter(({ group }) => group !== 'refusals')
  const height = 78 + shown.length * ROW
  const bars = shown.map(({ group, label, share, cpu }, i) => {
    const y = 52 + i * ROW
    const width = Math.max(Math.min(share, 1) * BAR, 1).toFixed(1)
    return `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escape(group === 'others' ? label : `${group}: ${label}`)}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${ROW - 6}" fill="${COLOURS[group]}"/>` +
      `<text x="${(LEFT + Number(width) + 6).toFixed(1)}" y="${y + 13}">${(share * 100).toFixed(0)} % · ${cpu.toFixed(0)} µs</text>`
  })
  const grid = [0, 0.25, 0.5, 0.75, 1].map((at) =>
    `<line x1="${LEFT + at * BAR}" x2="${LEFT + at * BAR}" y1="46" y2="${height - 26}" stroke="#ccc"/>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="12" y="20" font-size="14" font-weight="bold">Throughput of a guarded route, as a share of the open route of the same process</text>
<text x="12" y="37" fill="#555">By CPU time per request (µs beside the bars), cookie of 1 kB unless said otherwise. ${date}, Node ${node}, load average ${load}.</text>
${grid.join('\n')}
${bars.join('\n')}
<text x="${LEFT}" y="${height - 10}" fill="#555">0</text><text x="${LEFT + BAR}" y="${height - 10}" text-anchor="middle" fill="#555">100 %</text>
</svg>
`
}
