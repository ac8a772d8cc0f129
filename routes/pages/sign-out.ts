import type { FastifyInstance } from 'fastify'
import { dropNote } from '../../src/hosted-pages/note.js'
import { dropPending } from '../../src/hosted-pages/pending.js'
import { post, type PageKit } from './kit.js'

/** Ends the session. A form, since a link on another website could sign people out. */
export function signOutPage (app: FastifyInstance, { pages, at }: PageKit): void {
  app.route({
    method: 'POST',
    ...at('/sign-out'),
    async handler (request, reply) {
      await pages.call(request, reply, post('/signout', {}))
      dropPending(reply, pages.places)
      dropNote(request, reply, pages.places)
      return pages.go(request, reply, '')
    }
  })
}
