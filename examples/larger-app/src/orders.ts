import createError from '@fastify/error'
import type { Pool } from 'pg'
import { Type, type Static } from 'typebox'
import type { User } from './users.js'

export const Order = Type.Object({ id: Type.String(), item: Type.String(), refunded: Type.Boolean() })
export type Order = Static<typeof Order>

/** PostgreSQL holds no NUL. */
export const Item = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' })

/** The same for an order of somebody else: nobody learns which ids there are. */
export const OrderUnknown = createError('SHOP_ORDER_UNKNOWN', 'There is no such order', 404)

const COLUMNS = 'id, item, refunded_at is not null as refunded'

/** PostgreSQL refuses other texts as a bigint. */
const isId = (id: string): boolean => /^[1-9]\d{0,17}$/.test(id)

export async function placeOrder (db: Pool, user: User, item: string): Promise<Order> {
  const { rows: [order] } = await db.query<Order>(`insert into orders (user_id, item) values ($1, $2) returning ${COLUMNS}`, [user.id, item])
  return order!
}

export async function ordersOf (db: Pool, user: User): Promise<Order[]> {
  return (await db.query<Order>(`select ${COLUMNS} from orders where user_id = $1 order by id`, [user.id])).rows
}

/** @throws SHOP_ORDER_UNKNOWN */
export async function findOrder (db: Pool, user: User, id: string): Promise<Order> {
  if (!isId(id)) throw new OrderUnknown()
  const { rows: [order] } = await db.query<Order>(`select ${COLUMNS} from orders where id = $1 and user_id = $2`, [id, user.id])
  if (order === undefined) throw new OrderUnknown()
  return order
}

/** @throws SHOP_ORDER_UNKNOWN */
export async function refundOrder (db: Pool, user: User, id: string): Promise<Order> {
  if (!isId(id)) throw new OrderUnknown()
  const { rows: [order] } = await db.query<Order>(`update orders set refunded_at = coalesce(refunded_at, now()) where id = $1 and user_id = $2 returning ${COLUMNS}`, [id, user.id])
  if (order === undefined) throw new OrderUnknown()
  return order
}
