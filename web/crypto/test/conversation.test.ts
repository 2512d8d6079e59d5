import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Service } from "./service";
import { Browser, closeAll, customerIn, enrolled, events, staffIn, texts, until } from "./world";

let service: Service;
beforeEach(async () => {
  service = await Service.create();
});
afterEach(closeAll);

const stop = () => undefined;

describe("a conversation from end to end", () => {
  it("letters are read with the team key, taking brings talk, numbers are equal on both screens", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("My parcel never came.");
    customer.follow(id, stop);
    await until("letter sent", () => customer.view(id).lines.some((line) => line.kind === "text" && line.seq !== null));
    await customer.send(id, "Anybody there?");

    mia.messenger.follow(id, stop);
    await until("letters readable", () => texts(mia.messenger.view(id)).length === 2);
    expect(mia.messenger.view(id).member).toBe(false);

    await mia.messenger.take(id);
    await mia.messenger.send(id, "Let me look.");
    await until("customer reads", () => texts(customer.view(id)).includes("Let me look."));
    await customer.send(id, "Thank you");
    await until("staff reads", () => texts(mia.messenger.view(id)).includes("Thank you"));

    expect(texts(customer.view(id))).toEqual(["My parcel never came.", "Anybody there?", "Let me look.", "Thank you"]);
    expect(texts(mia.messenger.view(id))).toEqual(texts(customer.view(id)));
    expect(events(customer.view(id))).toEqual(["opened:visitor", "joined:Mia"]);
    const number = await until("number", () => customer.view(id).number);
    expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
    await until("same number", () => mia.messenger.view(id).number === number);
    expect(service.room(id).log.map((item) => item.kind)).toEqual(["opened", "letter", "letter", "commit", "message", "message"]);
  });

  it("a second device of the agent and a colleague who joins later read the history", async () => {
    const mia = await enrolled(service, "Mia");
    const phone = staffIn(service, new Browser(), mia.staff);
    await phone.enrol("Mia's phone");
    const ben = await enrolled(service, "Ben");
    const customer = customerIn(service);
    const id = await customer.open("first");
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    await mia.messenger.send(id, "second");
    phone.follow(id, stop);
    await until("phone", () => texts(phone.view(id)).length === 2 && phone.view(id).member);
    await ben.messenger.join(id, "quality");
    ben.messenger.follow(id, stop);
    await until("Ben", () => texts(ben.messenger.view(id)).length === 2);
    await phone.send(id, "from the phone");
    await ben.messenger.send(id, "from Ben");
    for (const messenger of [mia.messenger, phone, ben.messenger]) await until("all", () => texts(messenger.view(id)).length === 4);
    customer.follow(id, stop);
    await until("customer", () => texts(customer.view(id)).length === 4);
    expect(events(customer.view(id)).at(-1)).toBe("joined:Ben");
  });

  it("a device enrolled after the taking comes in beside the person's other one", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    await mia.messenger.take(id);
    const tablet = staffIn(service, new Browser(), mia.staff);
    await tablet.enrol("Mia's tablet");
    tablet.follow(id, stop);
    await until("in", () => tablet.view(id).member);
    await tablet.send(id, "from the tablet");
    await until("read", () => texts(customer.view(id)).includes("from the tablet"));
    await until("history", () => texts(tablet.view(id)).includes("hello"));
  });

  it("hands over in one commit; the rest of the old agent leaves by removal before anybody sends", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    await mia.messenger.take(id);
    await mia.messenger.assign(id, ben.staff);
    await service.askRemoval(id, [service.room(id).devices.find((device) => service.devices.get(device)!.sub === mia.staff)!]);
    ben.messenger.follow(id, stop);
    await until("Ben is in", () => ben.messenger.view(id).member);
    await customer.send(id, "still here");
    await until("Ben reads", () => texts(ben.messenger.view(id)).includes("still here"));
    mia.messenger.follow(id, stop);
    await until("Mia is out", () => !mia.messenger.view(id).member);
    expect(events(customer.view(id))).toContain("left:Mia");
    await expect(mia.messenger.send(id, "one more")).resolves.toBeUndefined();
    await until("refused", () => mia.messenger.view(id).lines.some((line) => line.kind === "text" && line.problem === "not-member"));
  });

  it("a colleague who was added can write, and after being removed neither writes nor reads what follows", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    ben.messenger.follow(id, stop);
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    await mia.messenger.addColleague(id, ben.staff);
    await until("Ben is in", () => ben.messenger.view(id).member);
    await ben.messenger.send(id, "from Ben");
    await until("read", () => texts(customer.view(id)).includes("from Ben"));
    await mia.messenger.removeColleague(id, ben.staff);
    await until("Ben is out", () => !ben.messenger.view(id).member);
    expect(ben.messenger.view(id).number).toBeNull();
    // Without the right to history the service hands out no keys of later epochs.
    service.room(id).historyKeys.length = 0;
    await customer.send(id, "without Ben");
    await until("Mia reads", () => texts(mia.messenger.view(id)).includes("without Ben"));
    await until("Ben sees that there is something", () => texts(ben.messenger.view(id)).at(-1) === "refused:no-key");
    expect(events(customer.view(id)).slice(-2)).toEqual(["joined:Ben", "left:Ben"]);
  });

  it("goes back to letters when the last staff device was removed", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    await mia.messenger.take(id);
    await until("staffed", () => customer.view(id).staffed);
    await service.askRemoval(id, service.room(id).devices.filter((device) => service.devices.get(device)!.kind === "staff"));
    await customer.send(id, "and now a letter");
    await until("letter", () => service.room(id).log.at(-1)!.kind === "letter");
    mia.messenger.follow(id, stop);
    await until("Mia reads it with the team key", () => texts(mia.messenger.view(id)).includes("and now a letter"));
  });

  it("two that take at once: one wins, the other is told", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    await until("opened", () => service.rooms.has(id));
    const results = await Promise.allSettled([mia.messenger.take(id), ben.messenger.take(id)]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    const winner = results[0]!.status === "fulfilled" ? mia : ben;
    await winner.messenger.send(id, "mine");
    customer.follow(id, stop);
    await until("customer", () => texts(customer.view(id)).includes("mine"));
  });

  it("two commits at once: the loser goes back, processes the winner's and wins the next epoch", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const eve = await enrolled(service, "Eve");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    await mia.messenger.take(id);
    await Promise.all([mia.messenger.addColleague(id, ben.staff), eve.messenger.join(id, "quality")]);
    expect(service.room(id).devices).toHaveLength(4);
    await Promise.all([mia.messenger.send(id, "a"), eve.messenger.send(id, "b")]);
    for (const messenger of [mia.messenger, ben.messenger, eve.messenger, customer]) {
      messenger.follow(id, stop);
      await until("all", () => texts(messenger.view(id)).length === 3);
    }
  });

  it("notes reach the team and never the conversation's log", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    mia.messenger.follow(id, stop);
    ben.messenger.follow(id, stop);
    await until("loaded", () => ben.messenger.view(id).loaded);
    await mia.messenger.note(id, "Be kind to this one.");
    await until("Ben reads the note", () => ben.messenger.view(id).lines.some((line) => line.kind === "note" && line.body === "Be kind to this one."));
    expect(JSON.stringify(service.room(id).log)).not.toContain("note");
  });

  it("a device that enrols later gets the team key from a colleague's device and reads what waited", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    await until("opened", () => service.rooms.has(id));
    mia.messenger.lock();
    const ben = await enrolled(service, "Ben");
    expect(ben.messenger.status().state).toBe("waiting-for-key");
    ben.messenger.follow(id, stop);
    await until("no key yet", () => texts(ben.messenger.view(id)).includes("refused:no-key"));
    await mia.messenger.unlock();
    await until("key came", () => ben.messenger.status().state === "ready");
    await until("readable", () => texts(ben.messenger.view(id)).includes("hello"));
  });

  it("receipts and typing reach the other side", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    mia.messenger.markRead(id);
    await until("read", () => customer.view(id).lines.some((line) => line.kind === "text" && line.state === "read"));
  });
});
