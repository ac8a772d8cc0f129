import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findOrder, Item, Order, ordersOf, placeOrder, refundOrder } from '../../orders.js'
import { userOf } from '../../users.js'

const newOrder = Type.Object({ item: Item }, { additionalProperties: false })
const byId = Type.Object({ id: Type.String() })
const tags = ['Orders']

/** No guard in sight: `secureByDefault` has them guarded. */
const orders: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/', { schema: { tags, response: { 200: Type.Array(Order) } } }, async (request) => await ordersOf(app.db, await userOf(request)))

  app.post('/', { schema: { tags, body: newOrder, response: { 201: Order } } }, async (request, reply) => {
    const order = await placeOrder(app.db, await userOf(request), request.body.item)
    return reply.code(201).send(order)
  })

  app.get('/:id', { schema: { tags, params: byId, response: { 200: Order } } }, async (request) => await findOrder(app.db, await userOf(request), request.params.id))

  app.post('/:id/refund', {
    schema: { tags, params: byId, response: { 200: Order } },
    config: { secondFactor: { maxAge: '5m' } }
  }, async (request) => await refundOrder(app.db, await userOf(request), request.params.id))
}

export default orders
