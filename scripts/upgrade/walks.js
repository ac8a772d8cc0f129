import { answer, askForCode, guarded, newPerson, refresh, refusesSoon, signIn, signOut, signUp, tryAnswer, tryRefresh, Unexpected } from './person.js'

function expect (what, got, wanted) {
  if (got !== wanted) throw new Unexpected(`${what}: ${got}, not ${wanted}`)
}

/** Signs up and passes the second factor, all at one replica. */
export async function enrol (replica) {
  const person = newPerson()
  await signUp(replica, person)
  await answer(replica, person, await askForCode(replica, person))
  return person
}

const wrong = ({ userInputCode, ...rest }) => ({ ...rest, userInputCode: userInputCode === '000000' ? '111111' : '000000' })

/** What crosses from one replica to another and back. Each walk throws where something is not as it should be. */
export const WALKS = {
  async 'signs up at one, enrols a phone at the other; open at both' (one, other) {
    const person = newPerson()
    await signUp(one, person)
    expect('before the code', await guarded(other, person), 403)
    await answer(other, person, await askForCode(other, person))
    for (const replica of [one, other]) expect(`the guard at the ${replica.name} replica`, await guarded(replica, person), 200)
  },
  async 'password at one, code at the other' (one, other) {
    const person = await enrol(other)
    await signIn(one, person)
    await answer(other, person, await askForCode(other, person))
    for (const replica of [one, other]) expect(`the guard at the ${replica.name} replica`, await guarded(replica, person), 200)
  },
  async 'asks for a code at one, answers it at the other; it works once' (one, other) {
    const person = await enrol(one)
    await signIn(other, person)
    const before = { ...person }
    const code = await askForCode(one, person)
    await answer(other, person, code)
    expect('the guard', await guarded(one, person), 200)
    for (const replica of [one, other]) if (await tryAnswer(replica, { ...before }, code) === 'OK') throw new Unexpected(`the code works again at the ${replica.name} replica`)
  },
  async 'a code for a session of one does not work in another session, at the other' (one, other) {
    const [victim, thief] = [await enrol(one), newPerson()]
    await signIn(one, victim)
    const code = await askForCode(one, victim)
    await signUp(other, thief)
    if (await tryAnswer(other, thief, code) === 'OK') throw new Unexpected('it passes in the thief\'s session')
    expect('the guard', await guarded(other, thief), 403)
  },
  async 'wrong codes at both count together' (one, other) {
    const person = await enrol(one)
    await signIn(other, person)
    const code = await askForCode(other, person)
    for (const replica of [one, other, one, other, one]) await tryAnswer(replica, person, wrong(code))
    for (const replica of [one, other]) expect(`the right code after five wrong ones at the ${replica.name} replica`, await tryAnswer(replica, person, code), '200 AUTH_LIMIT_REACHED')
  },
  async 'a session of one is refreshed at the other, and goes on at both' (one, other) {
    const person = await enrol(one)
    const stolen = person.refreshToken
    await refresh(other, person)
    for (const replica of [one, other]) expect(`the guard at the ${replica.name} replica`, await guarded(replica, person), 200)
    await refresh(one, person)
    expect('the guard', await guarded(other, person), 200)
    expect('a refresh token that was replaced', await tryRefresh(other, person, stolen), 401)
    expect('the session after that', await tryRefresh(one, person, person.refreshToken), 401)
  },
  async 'a session that ends at one is refused by the other within seconds' (one, other, { tellsOfEnds }) {
    const person = await enrol(other)
    expect('the guard', await guarded(other, person), 200)
    const { token } = person
    await signOut(one, person)
    expect('the refresh', await tryRefresh(other, person, person.refreshToken), 401)
    if (!await refusesSoon(other, person, token)) throw new Unexpected(tellsOfEnds ? 'the access token still opens after five seconds' : 'as it was: no refresh, but the access token opens until it expires')
  }
}

/** What became of each walk: undefined where all was as it should be. `old` says what the earlier state can do. */
export async function walk (one, other, old) {
  const problems = {}
  for (const [name, take] of Object.entries(WALKS)) {
    problems[name] = await take(one, other, old).then(() => undefined, (error) => {
      if (error instanceof Unexpected || error.name === 'TimeoutError' || error instanceof TypeError) return error.message
      throw error
    })
  }
  return problems
}
