// What tests of plugins share: a call over a real connection.
import type grpc from "@grpc/grpc-js";

/** Calls a method of a client, whose callback becomes a promise. */
export function ask<Client, Req, Res>(
  client: Client,
  call: (request: Req, callback: (error: grpc.ServiceError | null, response: Res) => void) => unknown,
  request: Req,
): Promise<Res> {
  return new Promise((resolve, reject) => {
    call.call(client, request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}
