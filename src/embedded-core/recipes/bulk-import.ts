import type { FastifyInstance } from 'fastify'

export async function bulkImport (_fastify: FastifyInstance): Promise<void> {
}
