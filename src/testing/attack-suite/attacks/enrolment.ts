import { newPhoneNumber, type SignedInUser } from '../../sign-in.js'
import { writingAtOnce } from '../at-once.js'
import type { Attack } from '../attack.js'
import { isOk, post, type Stage } from '../stage.js'
import type { Answer, Way } from '../way.js'
import { eachWay } from './codes.js'
import { refresh } from './sessions.js'

/** With phone + password, the phone is the account's own from the beginning. */
const enrols = ({ isByPhone }: Stage): string | undefined => isByPhone ? 'accounts have their phone from the beginning' : undefined

const asked = ({ base }: Stage): string => `POST ${base}/signinup/code`

/** The same account with a phone of somebody else's, where codes go to phones. */
const withPhone = (user: SignedInUser, phoneNumber = newPhoneNumber()): SignedInUser => ({ ...user, phoneNumber })

/** Whether a session that is not finished can enrol this factor, and comes in by it. */
async function enrolsAnother (stage: Stage, thief: SignedInUser, way: Way): Promise<boolean> {
  try {
    // A mailbox is the account's own; so the code that comes there is the owner's to read.
    const { url, payload } = await way.request(withPhone(thief))
    return isOk(await post(thief.session, url, payload)) || await stage.isIn(thief.session)
  } catch (err) {
    // Asking was refused.
    if (/ answered (?:200|4\d\d) /.test((err as Error).message)) return false
    throw err
  }
}

export const enrolmentAttacks: Attack[] = [
  {
    id: 'other-address',
    threat: 'A thief of the password has the code sent to a phone or mailbox of theirs.',
    lacks: ({ ways }) => ways.some(({ elsewhere }) => elsewhere !== undefined) ? undefined : 'no second factor sends codes',
    async run (stage, found) {
      await eachWay(stage, stage.ways.filter(({ elsewhere }) => elsewhere !== undefined), async (way, transferMethod) => {
        const alice = await stage.finishedUser(transferMethod, way)
        for (const { session } of [await stage.withPassword(alice), alice]) {
          const { payload, address } = way.elsewhere!()
          const response = await post(session, `${stage.base}/signinup/code`, payload)
          if (isOk(response) || stage.app.twoFactor.outbox.last(address) !== undefined) found.open(`${asked(stage)} (${way.factor})`, 'a code goes to an address that is not the enrolled one')
        }
      })
    }
  },
  {
    id: 'other-factor',
    threat: 'A thief of the password enrols a second factor that the owner does not have yet, and passes by that one.',
    lacks: ({ ways }) => ways.length > 1 ? undefined : 'the suite can pass one factor only',
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const alice = await stage.finishedUser(transferMethod, way)
        for (const another of stage.ways.filter((one) => one !== way)) {
          const thief = await stage.withPassword(alice)
          if (await enrolsAnother(stage, thief, another)) found.open(`enrolling ${another.factor}`, `an account with ${way.factor} takes it from whoever has the password`)
        }
      })
    }
  },
  {
    id: 'enrolled-meanwhile',
    threat: 'A thief of the password, who is in before the owner enrols, finishes afterwards with a phone of theirs.',
    lacks: enrols,
    async run (stage, found) {
      await eachWay(stage, stage.ways, async (way, transferMethod) => {
        const alice = await stage.newUser(transferMethod)
        const thief = withPhone(await stage.withPassword(alice))
        const lurker = await stage.withPassword(alice)
        // Not by the same mailbox, or with the same app, which would be the owner's.
        const answer = way.factor === 'sms' ? await way.request(thief) : undefined
        await stage.pass(alice, way)
        if (answer !== undefined && (isOk(await post(thief.session, answer.url, answer.payload)) || await stage.isIn(thief.session))) found.open(`POST ${answer.url} (${way.factor})`, 'a code from before the enrolment enrols another phone')
        if (await refresh(stage, lurker.session)) found.open(`POST ${stage.base}/session/refresh`, 'a session from before the enrolment goes on after it')
      })
    }
  },
  {
    id: 'enrolment-race',
    threat: 'A thief of the password enrols at the very moment in which the owner does.',
    lacks: enrols,
    async run (stage, found) {
      await eachWay(stage, stage.ways.filter(({ factor }) => factor === 'sms'), async (way, transferMethod) => {
        const alice = await stage.newUser(transferMethod)
        const users = [alice, withPhone(await stage.withPassword(alice)), withPhone(await stage.withPassword(alice))]
        const answers: Answer[] = []
        for (const user of users) answers.push(await way.request(user))
        const replies = await writingAtOnce(users.length, () => Promise.all(users.map(({ session }, turn) => post(session, answers[turn]!.url, answers[turn]!.payload))))
        const inside = await Promise.all(users.map(({ session }) => stage.isIn(session)))
        if (replies.filter(isOk).length > 1 || inside.filter(Boolean).length > 1) found.open(`POST ${answers[0]!.url} (${way.factor})`, 'two phones are enrolled at the same moment')
      })
    }
  }
]
