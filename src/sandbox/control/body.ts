import { asFailure, failed } from '../http/answer.ts'
import { type FormFields, parseForm } from '../http/form.ts'
import { formOfJson } from '../http/json-form.ts'

/** The body of a control request: JSON or a form, whichever is handier to send. */
export async function sentTo(request: Request): Promise<FormFields> {
  const body = await request.text()
  return /^\s*[{[]/.test(body) ? formOfJson(body) : parseForm(body)
}

/** Answers with what `work` makes, or with its refusal in the form of Stripe's errors. */
export async function answering(work: () => object | Promise<object>): Promise<Response> {
  try {
    return Response.json(await work())
  } catch (reason) {
    const { status, body } = failed(asFailure(reason), 'req_control')
    return new Response(body, { status, headers: { 'content-type': 'application/json' } })
  }
}
