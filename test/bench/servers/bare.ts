// Elysia with @elysiajs/jwt and nothing behind it: it checks the token and the body's shape and stores nothing.
//   bun bare.ts [cached]
import { announce, usageBody, withTokens } from './verified.ts'

const answer = { usage_record_id: 'usage_01k', cost: 8, billing_period: '2026-11', remaining: null, overage: 0 }
const app = withTokens(process.env.JWT_SECRET ?? '', process.argv[2] === 'cached')
  .post(
    '/payments/record-usage',
    async ({ body, verified, status }) =>
      (await verified()) === null
        ? status(401, 'no')
        : status(201, { ...answer, service_type: body.service_type, usage_amount: body.usage_amount }),
    { body: usageBody },
  )
  .get('/payments/subscription-status', async ({ query, verified, status }) =>
    (await verified()) === null ? status(401, 'no') : { ...answer, user: query.user_id },
  )
announce(app.listen({ port: 0, hostname: '127.0.0.1' }))
