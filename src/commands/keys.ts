import { oneOf } from '../config/kinds.js'
import { didYouMean } from '../config/near.js'
import { read, readEnvironment } from '../config/read.js'
import { generateKey, rotate, type Step } from '../signing-keys/generate.js'
import type { Algorithm } from '../signing-keys/keys.js'
import type { PrivateJwkSet } from '../signing-keys/options.js'
import { type Command, failure, type Flags, type Io } from './command.js'
import { environment } from './environment.js'

function choice<Choice extends string> (flags: Flags, name: string, choices: readonly Choice[]): Choice {
  const result = read(oneOf(...choices), String(flags[name] ?? choices[0]))
  if ('value' in result) return result.value
  throw failure(`--${name}: ${result.message}`, 2)
}

function presentKeys (io: Io): PrivateJwkSet {
  const { values, problems } = readEnvironment(environment(io))
  const problem = problems.find(({ variable }) => variable === 'SIGNING_KEYS')
  if (problem !== undefined) throw failure(`SIGNING_KEYS: ${problem.message}`, 1)
  if (values.SIGNING_KEYS === undefined) throw failure('There are no keys to rotate. Set SIGNING_KEYS to the present ones, or make the first by `fastify-2fa keys new`.', 1)
  return values.SIGNING_KEYS
}

const NEXT: Record<Step, string> = {
  publish: 'Give it to all replicas. In an hour, sign with the new key: fastify-2fa keys rotate --step sign',
  sign: 'Give it to all replicas. In an hour, remove the old keys: fastify-2fa keys rotate --step drop',
  drop: 'Give it to all replicas. The rotation is done.'
}

const ACTIONS: Record<string, (flags: Flags, alg: Algorithm, io: Io) => PrivateJwkSet> = {
  new: (_flags, alg) => ({ keys: [generateKey(alg)] }),
  rotate (flags, alg, io) {
    const present = presentKeys(io)
    const step = choice<Step>(flags, 'step', ['publish', 'sign', 'drop'])
    if (step === 'sign' && present.keys.length === 1) throw failure('There is only one key. Publish a new one first: fastify-2fa keys rotate', 1)
    io.err(`${NEXT[step]}\n`)
    return rotate(present, step, alg)
  }
}

export const keys: Command = {
  usage: 'keys new | rotate',
  about: 'Prints private keys for SIGNING_KEYS: the first ones, or the next step of a rotation.',
  flags: { alg: { type: 'string' }, step: { type: 'string' } },
  details: () => `  --alg ES256      algorithm of a new key: ES256 or EdDSA
  --step publish   step of a rotation: publish adds a key that does not sign yet, sign puts it first, drop removes the others

\`rotate\` takes the present keys from SIGNING_KEYS, in the environment or .env. What it prints is secret.
`,
  async run (flags, [word = '', ...more], io) {
    const action = Object.hasOwn(ACTIONS, word) && more.length === 0 ? ACTIONS[word] : undefined
    if (action === undefined) throw failure(`Unknown action "${[word, ...more].join(' ')}". Use keys new or keys rotate.${didYouMean(word, Object.keys(ACTIONS))}`, 2)
    io.out(`${JSON.stringify(action(flags, choice<Algorithm>(flags, 'alg', ['ES256', 'EdDSA']), io))}\n`)
    return 0
  }
}
