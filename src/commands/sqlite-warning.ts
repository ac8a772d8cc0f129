/**
 * Node 22 warns on stderr that its SQLite is experimental. Whoever runs the command did not choose it and can do nothing
 * about it, so that one warning is dropped. The library leaves the warnings of its host alone.
 */
export function dropSqliteWarning (): void {
  const { emitWarning } = process
  process.emitWarning = function (warning: string | Error, ...rest: unknown[]) {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
}
