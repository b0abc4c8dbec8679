import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Elysia, type Static, t } from 'elysia'
import type { BatchEntry, BatchOutcome, Billing, RecordUsageRequest } from '../../billing.ts'
import { BillingError } from '../../domain/errors.ts'
import { type Caller, userMeant } from './caller.ts'
import { fieldErrorsOf } from './field-errors.ts'
import { exactly, noQuery, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { idempotencyKey } from './idempotency.ts'
import { PROBLEMS } from './problem.ts'
import { invalidFields } from './refusals.ts'
import { describe } from './route-document.ts'
import * as examples from './usage-batch-examples.ts'
import { recordedUsage, usedAmount, useOf } from './use.ts'

/** Recording many uses in one request. Each is checked by itself, so that a bad one is refused alone. */
export function usageBatch({ billing }: { readonly billing: Billing }, guard: Guard) {
  const check = TypeCompiler.Compile(usedAmount)

  function entryOf(sent: unknown, caller: Caller, userOfAll: unknown, key: RecordUsageRequest['key']): BatchEntry {
    if (!check.Check(sent)) return invalidFields(fieldErrorsOf(check.Errors(sent)))
    try {
      return useOf(sent, userMeant(caller, sent.user_id ?? userOfAll), key)
    } catch (error) {
      if (error instanceof BillingError) return error
      throw error
    }
  }

  return new Elysia({ name: 'usage-batch' }).use(guard).post(
    '/payments/record-usage/batch',
    async ({ body, caller, request }) => {
      const key = idempotencyKey(request, caller)
      const entries = body.records.map((sent, index) =>
        entryOf(sent, caller, body.user_id, key && { caller: key.caller, key: `${key.key}:${index}` }),
      )
      return { results: (await billing.recordUsageBatch(entries)).map(resultOf) }
    },
    {
      may: 'record-usage-batch',
      query: noQuery,
      body: usedAmounts,
      response: t.NoValidate(results),
      detail: describe({
        tag: 'Usage',
        summary: 'Record up to 1,000 uses at once',
        description:
          'Each record is taken or refused by itself, and has its own identity: send `event_id` and repeat a batch of unknown outcome without fear. `user_id` stands beside each record, or once for all that name none. An Idempotency-Key `K` is to the first record as if it had been sent alone under `K:0`, and so on. All that is taken shares one commit.',
        idempotent: true,
        requests: examples.REQUESTS,
        answers: { 200: { description: 'What became of each, in the order sent', examples: examples.RESULTS } },
      }),
    },
  )
}

function resultOf(outcome: BatchOutcome): Static<typeof result> {
  if (!(outcome instanceof BillingError)) return { status: outcome.status, ...outcome.result }
  const { code, message: detail, fields } = outcome
  const problem = { code, detail, ...(fields.length > 0 ? { errors: [...fields] } : {}) }
  return { status: PROBLEMS[code].status, problem }
}

const usedAmounts = exactly({
  records: t.Array(t.Unknown({ documentedAs: usedAmount }), {
    minItems: 1,
    maxItems: 1_000,
    rule: 'must be a list of 1 to 1,000 records',
    description: 'As `record-usage` takes them',
  }),
  user_id: userId,
})

const status = t.Number({ multipleOf: 1, description: 'As `record-usage` would have answered' })

const result = t.Union([
  t.Object({ status, ...recordedUsage.properties }),
  t.Object({
    status,
    problem: t.Object({
      code: t.String(),
      detail: t.String(),
      errors: t.Optional(t.Array(t.Object({ path: t.String(), message: t.String() }))),
    }),
  }),
])

const results = t.Object({ results: t.Array(result) })
