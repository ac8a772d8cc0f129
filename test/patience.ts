/**
 * Preloaded into test processes: time limits of calls run out ten times later. On a busy machine a healthy server on
 * loopback may take seconds, and the limits, not the product, would decide whether a test passes. What tests about these
 * limits is in processes of its own (`test/faults`) or passes a short limit.
 */
const timeout = AbortSignal.timeout.bind(AbortSignal)
AbortSignal.timeout = (milliseconds) => timeout(milliseconds * 10)
