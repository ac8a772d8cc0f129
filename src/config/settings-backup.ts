import { integer, seconds, text } from './kinds.js'
import { coreSecretKeys } from './kinds-domain.js'
import type { Setting } from './setting.js'

export const backupSettings = {
  BACKUP_DIR: {
    group: 'Backup',
    kind: text('a path of a directory'),
    defaultInWords: 'none (no backups by itself)',
    example: './backups',
    description: 'Directory for backups of the embedded Core, which the service then makes by itself. It must exist. Have it on another disk, and for one service alone.',
    mistakenFor: ['BACKUP_PATH', 'BACKUP_DIRECTORY']
  },
  BACKUP_EVERY: { group: 'Backup', kind: seconds(60, 2_592_000), default: '24h', description: 'Time from one backup to the next.', mistakenFor: ['BACKUP_INTERVAL'] },
  BACKUP_KEEP: { group: 'Backup', kind: integer(1, 10_000), default: '7', description: 'How many backups are kept. Older ones are deleted.' },
  BACKUP_KEY: {
    group: 'Backup',
    kind: coreSecretKeys(),
    secret: true,
    defaultInWords: 'none (they are not encrypted)',
    example: '…',
    description: 'Encrypts backups, also those of `fastify-2fa backup`. To rotate it, set `new,old`; `restore` tries all.'
  }
} satisfies Record<string, Setting>
