/** Users choose names. Control characters in them could rewrite what the terminal shows. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

/** As a person at a terminal anywhere reads it. */
export const utc = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Lines of columns that stand below each other. The last one is as long as it is. */
export function table (rows: ReadonlyArray<readonly string[]>): string[] {
  const shown = rows.map((row) => row.map(plain))
  const widthOf = (column: number): number => Math.max(...shown.map((row) => [...row[column] ?? ''].length))
  const columns = Math.max(0, ...shown.map(({ length }) => length))
  const widths = Array.from({ length: columns }, (_, column) => widthOf(column))
  return shown.map((row) => row.map((cell, column) => cell + ' '.repeat(widths[column]! - [...cell].length)).join('  ').trimEnd())
}
