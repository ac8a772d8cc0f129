import 'reflect-metadata'
import type { IncomingMessage } from 'node:http'
import { Controller, Get, HttpCode, HttpException, Module, Post, Req, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { createVerifier, sessionOf } from 'fastify-2fa/verifier'
import { require2FA } from 'fastify-2fa/verifier/nest'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

@Controller()
@UseGuards(require2FA(verifier, HttpException))
class Orders {
  @Get('orders')
  orders (@Req() request: IncomingMessage) {
    return { user: sessionOf(request)?.userId }
  }

  @Post('payout')
  @HttpCode(200)
  @UseGuards(require2FA(verifier, HttpException, { maxAge: '5m' }))
  payout () {
    return { paid: true }
  }

  @Get('admin')
  @UseGuards(require2FA(verifier, HttpException, { roles: ['admin'] }))
  admin () {
    return { admin: true }
  }
}

@Module({ controllers: [Orders] })
class App {}

const app = await NestFactory.create(App, { logger: false })
await app.listen(process.env.PORT ?? 4000)
console.log(`http://localhost:${app.getHttpServer().address().port}`)
