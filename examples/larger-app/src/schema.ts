import { SecondFactorClaim, secondFactorValidator } from 'fastify-2fa'
import { Session, type SessionContainerInterface } from 'fastify-2fa/supertokens'
import mercurius, { type IResolvers, type MercuriusContext } from 'mercurius'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Item, ordersOf, placeOrder, refundOrder } from './orders.js'
import { DisplayName, renameUser, userOf } from './users.js'

declare module 'mercurius' {
  interface MercuriusContext {
    session: SessionContainerInterface
  }
}

export const schema = `
  type User { id: ID!, displayName: String }
  type Order { id: ID!, item: String!, refunded: Boolean! }
  type Query { me: User!, orders: [Order!]! }
  type Mutation { rename (displayName: String!): User!, placeOrder (item: String!): Order!, refund (id: ID!): Order! }
  type Subscription { orderPlaced: Order! }
`

const topicOf = ({ session }: MercuriusContext): string => `orders of ${session.getUserId()}`

/** `maxAge` of the route would ask it of every operation, so one that needs it asks by itself. */
async function requireFreshFactor ({ session }: MercuriusContext): Promise<void> {
  try {
    await session.assertClaims([secondFactorValidator(SecondFactorClaim, 300)])
  } catch (err) {
    if (!Session.Error.isErrorFromSuperTokens(err) || err.type !== Session.Error.INVALID_CLAIMS) throw err
    throw new mercurius.ErrorWithProps('A second factor of the last five minutes is needed', { code: 'STEP_UP_NEEDED', claimValidationErrors: err.payload }, 403)
  }
}

/** A `String` of GraphQL has any length. */
function check (schema: TSchema, name: string, value: string): void {
  if (!Value.Check(schema, value)) throw new mercurius.ErrorWithProps(`${name} is not valid`, { code: 'INPUT_INVALID' }, 400)
}

/** The guard has checked the handshake alone, and an open subscription outlives the session. */
async function * whileSignedIn <Event> (events: AsyncIterable<Event>, { session }: MercuriusContext): AsyncGenerator<Event> {
  for await (const event of events) {
    if (await Session.getSessionInformation(session.getHandle()) === undefined) return
    yield event
  }
}

/** Each finds out who asks by the session. No argument and no header says so. */
export const resolvers: IResolvers = {
  Query: {
    me: async (_root, _args, { reply }) => await userOf(reply.request),
    orders: async (_root, _args, { app, reply }) => await ordersOf(app.db, await userOf(reply.request))
  },
  Mutation: {
    rename: async (_root, { displayName }: { displayName: string }, { app, reply }) => {
      check(DisplayName, 'displayName', displayName)
      return await renameUser(app.db, await userOf(reply.request), displayName)
    },
    placeOrder: async (_root, { item }: { item: string }, context) => {
      check(Item, 'item', item)
      const order = await placeOrder(context.app.db, await userOf(context.reply.request), item)
      await context.pubsub.publish({ topic: topicOf(context), payload: { orderPlaced: order } })
      return order
    },
    refund: async (_root, { id }: { id: string }, context) => {
      await requireFreshFactor(context)
      return await refundOrder(context.app.db, await userOf(context.reply.request), id)
    }
  },
  Subscription: {
    orderPlaced: { subscribe: async (_root, _args, context) => whileSignedIn(await context.pubsub.subscribe(topicOf(context)), context) }
  }
}
