import type { Instruments } from './instruments.js'

/**
 * Begins the counters that alerts watch at zero. Prometheus cannot see the first theft, lock or limit of a counter that
 * appears with it.
 */
export function beginAtZero ({ count }: Instruments, { factors, limits, hasSocialLogins }: { factors: readonly string[], limits: Iterable<string>, hasSocialLogins: boolean }): void {
  for (const factor of hasSocialLogins ? ['password', 'social'] : ['password']) {
    for (const outcome of ['passed', 'failed', 'limited']) count('sign_ins_total', { factor, outcome }, 0)
    for (const outcome of ['passed', 'limited']) count('sign_ups_total', { factor, outcome }, 0)
  }
  for (const factor of factors) {
    for (const outcome of ['passed', 'wrong', 'refused']) count('second_factor_answers_total', { factor, outcome }, 0)
    for (const kind of ['locked', 'slowed']) count('second_factor_locks_total', { factor, kind }, 0)
    for (const change of ['enrolled', 'removed', 'cloned']) count('second_factor_changes_total', { factor, change }, 0)
  }
  for (const limit of limits) {
    for (const level of ['near', 'reached']) count('shared_limits_total', { limit, level }, 0)
  }
}
