// Calls methods of HubSpot's official Node client: one JSON object per line in, one out.
//
// In:  the client's own options first, then {"call": "crm.contacts.basicApi.getPage", "args": […]},
//      where null leaves an argument out and {"$file": "text", "name": "a.csv"} is a file.
// Out: {"value": …} or {"error": {"name", "code", "body"}}; undefined values become null.
import { createInterface } from 'node:readline'
import { Client } from '@hubspot/api-client'

const argument = (given) => {
  if (given === null) return undefined
  if (given.$file === undefined) return given
  return { data: Buffer.from(given.$file), name: given.name }
}

const find = (root, path) => {
  const names = path.split('.')
  const method = names.pop()
  const owner = names.reduce((found, name) => found[name], root)
  return owner[method].bind(owner)
}

const request = async (client, options) => {
  const reply = await client.apiRequest(options)
  return { status: reply.status, body: await reply.json() }
}

const run = async (client, { call, args }) => {
  if (call === 'apiRequest') return request(client, ...args)
  return find(client, call)(...args.map(argument))
}

let client
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line)
  let answer = { value: null }
  try {
    if (given.call === undefined) client = new Client(given)
    else answer = { value: (await run(client, given)) ?? null }
  } catch (error) {
    answer = { error: { name: error.constructor.name, code: error.code, body: error.body } }
    if (error.code === undefined) answer.error.body = String(error)
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
