import { orInstall } from '../../../optional-package.js'

/** Loaded where the factor is on. */
export const loadQr = () => import('qr').catch(orInstall('qr', 'secondFactors totp'))

/** Light modules around the code, without which scanners do not find it (ISO/IEC 18004 9.1). */
const QUIET_ZONE = 4

/** Runs of dark modules in a row, as a path. */
function pathOf (row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x++) {
    const start = x
    while (row[x] === true) x++
    if (x > start) path += `M${start} ${y}h${x - start}v1h-${x - start}z`
  }
  return path
}

/** A QR code as SVG, black on white whatever the page around it is. It holds nothing but numbers of ours. */
export async function qrCode (text: string): Promise<string> {
  const { default: encodeQR } = await loadQr()
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  const size = rows.length
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${rows.map(pathOf).join('')}"/></svg>`
}
