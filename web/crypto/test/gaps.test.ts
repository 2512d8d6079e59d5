import "fake-indexeddb/auto";
import { afterEach, expect, it } from "vitest";
import { Service } from "./service";
import { closeAll, customerIn, enrolled, texts, until } from "./world";
import type { SocketLike } from "../src/socket";

afterEach(closeAll);

it("items that come twice, out of order or with gaps over the socket are taken once and in order", async () => {
  const service = await Service.create();
  // The customer's socket holds its frames back, to be let go in any order.
  const held: { socket: SocketLike; data: string }[] = [];
  const openSocketAs = service.openSocketAs.bind(service);
  service.openSocketAs = (staff) => {
    const open = openSocketAs(staff);
    if (staff !== null) return open;
    return (url) => {
      const socket = open(url);
      return new Proxy(socket, {
        set(target, name, value: ((event: { data: unknown }) => void) | null) {
          if (name !== "onmessage" || value === null) return Reflect.set(target, name, value);
          target.onmessage = (event) => {
            const data = String(event.data);
            if (data.includes('"kind":"message"')) held.push({ socket: { ...target, onmessage: value }, data });
            else value(event);
          };
          return true;
        },
      });
    };
  };
  const mia = await enrolled(service, "Mia");
  const customer = customerIn(service);
  const id = await customer.open("hello");
  customer.follow(id, () => undefined);
  await mia.messenger.take(id);
  await until("staffed", () => customer.view(id).member && customer.view(id).staffed);
  for (const body of ["a", "b", "c", "d"]) await mia.messenger.send(id, body);
  await until("held", () => held.length === 4);
  expect(texts(customer.view(id))).toEqual(["hello"]);
  for (const i of [2, 2, 0, 3, 1, 0]) held[i]!.socket.onmessage!({ data: held[i]!.data });
  await until("all", () => texts(customer.view(id)).length === 5);
  expect(texts(customer.view(id))).toEqual(["hello", "a", "b", "c", "d"]);
});
