// The engine's events, straight into this process. In a file they would hold what plugins write into debug messages: the
// Docker provider writes containers with all their variables, and a run that is killed would leave that on the disk.
import grpc from "@grpc/grpc-js";
import eventsGrpc from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type { EventRequest } from "@pulumi/pulumi/proto/events_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { listenOnLoopback } from "../../plugin/process.ts";
import { onlyEngines } from "./engine-introduction.ts";

/** Something that hears the engine. */
export interface EventListener {
  /** Value of the engine's `--event-log`. */
  address: string;
  /** Stops listening. The engine goes on without it. */
  close(): void;
}

/** A state in one event can be large. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Listens on loopback; `hear` gets each event as a JSON document. */
export async function listenToEngine(hear: (event: string) => void): Promise<EventListener> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });
  server.addService(eventsGrpc.EventsService, {
    streamEvents(
      call: grpc.ServerReadableStream<EventRequest, emptyPb.Empty>,
      answer: grpc.sendUnaryData<emptyPb.Empty>,
    ): void {
      call.on("data", (request: EventRequest) => hear(request.getEvent()));
      call.on("end", () => answer(null, new emptyPb.Empty()));
      // The engine was killed: what came before counts.
      call.on("error", () => undefined);
    },
  });
  const listener = await listenOnLoopback(server, await onlyEngines());
  const close = () => {
    listener.close();
    server.forceShutdown();
  };
  return { address: `tcp://127.0.0.1:${listener.port}`, close };
}
