import { reportsService } from './service.js'

const { REPORTS_KEY, PORT = '3100' } = process.env
if (REPORTS_KEY === undefined || REPORTS_KEY.length < 32) throw new Error('REPORTS_KEY must have at least 32 characters')
console.log(await reportsService(REPORTS_KEY).listen({ port: Number(PORT), host: '127.0.0.1' }))
