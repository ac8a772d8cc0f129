import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Preloaded into test processes. tap follows every promise, so that it can name the subtest that an uncaught error came
 * from. These tests make millions of promises, and following them takes a fifth of the time. Without it, an uncaught
 * error ends the process, and the file fails.
 */
const hook = { enable: () => hook, disable: () => hook }
asyncHooks.createHook = () => hook
syncBuiltinESMExports()
