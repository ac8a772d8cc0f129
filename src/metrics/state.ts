import type { FastifyInstance } from 'fastify'
import { missing } from '../outage/readiness.js'
import { refusalCounts } from '../session/refusal-counts.js'
import { coreCircuits } from '../supertokens/core-watch.js'
import { version } from '../version.js'
import type { Instruments } from './instruments.js'

type BackupState = NonNullable<ReturnType<FastifyInstance['twoFactor']['core']['backupState']>>

const asNumber = (is: boolean): number => is ? 1 : 0

/** There are none where no backups are made. */
function sampleBackups ({ sample }: Pick<Instruments, 'sample'>, read: () => BackupState | undefined): void {
  const figures = {
    backup_last_success_timestamp_seconds: ({ last }: BackupState) => (last?.at.getTime() ?? 0) / 1000,
    backup_interval_seconds: ({ every }: BackupState) => every / 1000,
    backup_failures_total: ({ failures }: BackupState) => failures,
    backup_failing: ({ failure }: BackupState) => asNumber(failure !== undefined)
  }
  for (const [name, figure] of Object.entries(figures) as [keyof typeof figures, (state: BackupState) => number][]) {
    sample(name, (set) => {
      const state = read()
      if (state !== undefined) set({}, figure(state))
    })
  }
}

/** What other parts of the app count anyway is read when somebody asks, so that it costs a guarded request nothing. */
export function sampleState ({ sample }: Instruments, app: FastifyInstance, providerOutages: ReadonlyMap<string, { service: string, name: string, isDown: boolean }>): void {
  const { twoFactor } = app
  const release = version()
  sample('build_info', (set) => { set({ version: release, node: process.version, core: twoFactor.core.embedded ? 'embedded' : 'remote' }, 1) })
  sample('ready', async (set) => { set({}, asNumber(await isReady(app))) })

  sample('guard_hits_total', (set) => { set({}, twoFactor.sessionCache.hits) })
  sample('guard_misses_total', (set) => { set({}, twoFactor.sessionCache.misses) })
  sample('guard_cached_tokens', (set) => { set({}, twoFactor.sessionCache.size) })
  sample('guard_refusals_total', (set) => {
    for (const [reason, count] of Object.entries(refusalCounts())) set({ reason }, count)
  })

  sample('circuit_open', (set) => {
    for (const [name, { isOpen }] of coreCircuits) set({ service: 'core', name }, asNumber(isOpen))
    for (const { service, name, isDown } of providerOutages.values()) set({ service, name }, asNumber(isDown))
  })
  const hashing = twoFactor.core.hashing
  if (hashing !== undefined) {
    sample('hash_queue_waiting', (set) => { set({}, hashing().waiting) })
    sample('hash_queue_running', (set) => { set({}, hashing().running) })
    sample('hash_queue_shed_total', (set) => { set({}, hashing().refused) })
  }

  sample('limits_shared', (set) => { set({}, asNumber(twoFactor.limits?.redis !== undefined)) })
  const redis = twoFactor.limits?.redis
  sample('redis_connected', (set) => {
    if (redis !== undefined) set({ use: 'limits' }, asNumber(redis.isConnected))
    const stream = twoFactor.revocations.isConnected
    if (stream !== undefined) set({ use: 'revocations' }, asNumber(stream))
    for (const { name, isConnected } of twoFactor.auditSinks()) if (isConnected !== undefined) set({ use: `audit-${name}` }, asNumber(isConnected))
  })
  if (redis !== undefined) {
    sample('redis_errors_total', (set) => { set({ use: 'limits' }, redis.errors) })
  }
  for (const [name, figure] of [['sms_spend', 'spent'], ['sms_spend_limit', 'perDay']] as const) {
    sample(name, async (set) => {
      // Without Redis nobody knows, and a scrape does not fail for it.
      const state = await twoFactor.limits?.spend?.state().catch(() => undefined)
      const value = state?.[figure]
      if (state !== undefined && value !== undefined) set({ currency: state.currency ?? '' }, value)
    })
  }
  sampleBackups({ sample }, twoFactor.core.backupState)
  sample('background_tasks', (set) => { set({}, twoFactor.inBackground) })
  sample('outbox_messages', (set) => { set({}, twoFactor.outbox.entries().length) })
}

/** As `/ready` says it. */
const isReady = async (app: FastifyInstance): Promise<boolean> => (await missing(app)).length === 0 && app.isLeaving !== true
