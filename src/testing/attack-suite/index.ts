import type { FastifyInstance } from 'fastify'
import { OptionsInvalid } from '../../errors.js'
import { perform, type Attack } from './attack.js'
import { ATTACKS, EVERY_ROUTE } from './attacks/index.js'
import { checkOptions } from './options.js'
import { messageOf, reportOf } from './report.js'
import { routesOf } from './routes.js'
import { setStage, type Stage } from './stage.js'
import type { AttackReport, AttackResult, AttackSuiteOptions, TestFunction } from './types.js'

type WithTest = AttackSuiteOptions & { test: NonNullable<AttackSuiteOptions['test']> }

/** tap takes a test without an assertion for one that was skipped. */
function assertSomething (context: unknown): void {
  const { pass } = (context ?? {}) as { pass?: unknown }
  if (typeof pass === 'function') Reflect.apply(pass, context, ['the attack has failed'])
}

async function register (test: WithTest['test'], attacks: readonly Attack[], stage: Stage): Promise<void> {
  const add: TestFunction = typeof test === 'function' ? test : (name, run) => test.test(name, run)
  for (const attack of attacks.filter(({ lacks }) => lacks?.(stage) === undefined)) {
    // In turn: attacks move the clock, and no two may do so at once.
    await add(`${attack.id}: ${attack.threat}`, async (context) => {
      const result = await perform(attack, stage)
      if (result.findings.length > 0) throw new Error(messageOf(result))
      assertSomething(context)
    })
  }
}

/**
 * Attacks an app, all its own routes included, and reports what is open.
 *
 * The app has to be built with the options of `startTestCore`, since the suite reads codes in its outbox. Each route is first
 * called by a session that has all that it asks for, so that a refusal afterwards means something: handlers run, and do what
 * they do. With `test`, each attack becomes a test, which fails with what is open or unproven.
 *
 * ```ts
 * const { open, unproven, text } = await attackSuite(app, { routes: { 'POST /payout': { sample: { payload: { amount: 1 } } } } })
 * ```
 *
 * @throws AUTH_OPTIONS_INVALID if an option names what does not exist, or the suite cannot sign in
 */
export async function attackSuite (app: FastifyInstance, options: WithTest): Promise<void>
export async function attackSuite (app: FastifyInstance, options?: Omit<AttackSuiteOptions, 'test'>): Promise<AttackReport>
export async function attackSuite (app: FastifyInstance, options: AttackSuiteOptions = {}): Promise<AttackReport | void> {
  await app.ready()
  if (!app.hasDecorator('twoFactor')) throw new OptionsInvalid('attackSuite: the app has no fastify2fa. Pass the app, or the scope, in which it is registered')
  checkOptions(options, routesOf(app).map(({ name }) => name), ATTACKS.map(({ id }) => id))
  const stage = await setStage(app, options)
  const attacks = ATTACKS.filter(({ id }) => options.only === undefined || id === EVERY_ROUTE || options.only.includes(id))
  if (options.test !== undefined) return await register(options.test, attacks, stage)
  const results: AttackResult[] = []
  for (const attack of attacks) results.push(await perform(attack, stage))
  return reportOf(stage, options, results)
}
