import { describe, expect, test } from 'bun:test'
import type { BillingError } from '../../src/domain/errors.ts'
import { checkReturnUrl } from '../../src/domain/return-url.ts'

const rules = { origins: () => ['https://app.example.com', 'http://localhost:3000'], httpsOnly: true }

function refusal(text: string, checked = rules): string | null {
  try {
    checkReturnUrl(checked, '/return_url', text)
    return null
  } catch (error) {
    return (error as BillingError).fields[0]?.message ?? null
  }
}

describe('an address to return to', () => {
  test.each([
    'https://app.example.com',
    'https://app.example.com/billing?x=1#y',
    'https://app.example.com:443/',
    'https://APP.example.com/',
    'https://app.example.com/done?session={CHECKOUT_SESSION_ID}',
  ])('%p is taken', (text) => expect(refusal(text)).toBeNull())

  test.each([
    'https://app.example.com.evil.test/',
    'https://app.example.com@evil.test/',
    'https://evil.test/https://app.example.com',
    'https://user@app.example.com/',
    'https://app.example.com:8443/',
    'https://sub.app.example.com/',
    'http://app.example.com/',
    '//app.example.com/',
    '/billing',
    'javascript:alert(1)',
    'https:\\\\app.example.com\\@evil.test',
    ' https://app.example.com',
    'https://app.example.com/a b',
    '',
  ])('%p is refused', (text) => expect(refusal(text)).toEqual(expect.any(String)))

  test('in the clear is taken in development only, also of an origin that is configured', () => {
    expect(refusal('http://localhost:3000/')).toBe('must begin with https://')
    expect(refusal('http://localhost:3000/', { ...rules, httpsOnly: false })).toBeNull()
  })
})
