import { hash, verify } from '@node-rs/bcrypt'

const ROUNDS = 11
const TIMES = 8

/** CPU time of one check of a password with a Core's default of 11 rounds, in milliseconds. */
export async function hashCost () {
  const stored = await hash('correct horse 1', ROUNDS)
  const before = process.cpuUsage()
  for (let i = 0; i < TIMES; i++) await verify('correct horse 1', stored)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / TIMES
}
