/** Who asked for a backup: the Core's own schedule, or another process by the socket. */
export type BackupAsked = 'schedule' | 'socket'

/** What happens to all that a Core keeps at once. Whoever embeds the Core may have to leave a trace of it. */
export type CoreEvent =
  | { type: 'backup-made', asked: BackupAsked }
  /** With the code of the error. By the socket, part of it may have gone out. */
  | { type: 'backup-failed', asked: BackupAsked, code: string }
  /** Of one file; each app has its own. */
  | { type: 'migrated', file: string, from: number, to: number }
  /** Of one file: what is encrypted in it has changed, or by which key. `from` is undefined if nothing was. */
  | { type: 'encrypted', file: string, from: 'secrets' | 'all' | undefined, to: 'secrets' | 'all' }

export const codeOf = (error: unknown): string => (error as { code?: string }).code ?? 'CORE_BACKUP_FAILED'
