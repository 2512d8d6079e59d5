/** The customer's devices: which there are, which is gone, and the way to take one out. */
import { useEffect, useState } from "preact/hooks";
import { MessengerError, type OwnDevice, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { deviceName } from "./device-name";
import { useSnapshot } from "./hooks";
import { texts } from "./texts";
import { dayName } from "./times";

export function Devices({ messenger }: { messenger: WidgetMessenger }) {
  const devices = useSnapshot(messenger, () => messenger.devices());
  const [asked, ask] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => void messenger.refreshDevices().catch(() => undefined), [messenger]);
  if (devices.length === 0) return null;

  const remove = async (device: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await messenger.removeDevice(device);
      ask(null);
    } catch (error) {
      if (!(error instanceof MessengerError)) throw error;
      setProblem(texts.devices.notRemoved);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <h3 id="devices-title">{texts.devices.title}</h3>
      <ul class="devices" aria-labelledby="devices-title">
        {sorted(devices).map((device) => (
          <li key={device.id}>
            <span class="device-text">
              <span>{nameOfDevice(device)}</span>
              <span class="muted">{about(device)}</span>
            </span>
            {!device.self &&
              (asked === device.id ? (
                <span class="device-asked">
                  <button type="button" class="plain red" disabled={busy} onClick={() => void remove(device.id)}>
                    {texts.devices.reallyRemove}
                  </button>
                  <button type="button" class="plain" disabled={busy} onClick={() => ask(null)}>
                    {texts.devices.keep}
                  </button>
                </span>
              ) : (
                <button type="button" class="plain" aria-label={texts.devices.removeThis(nameOfDevice(device))} onClick={() => ask(device.id)}>
                  {texts.devices.remove}
                </button>
              ))}
          </li>
        ))}
      </ul>
      {problem && (
        <p class="notice amber" role="alert">
          {problem}
        </p>
      )}
      {devices.length > 1 && <p class="muted">{texts.devices.what}</p>}
    </>
  );
}

/** Another device of this person came in: it may be shown what was before, or it is not theirs at all. */
export function Newcomer({ messenger, device, keys }: { messenger: WidgetMessenger; device: string; keys: string }) {
  const known = useSnapshot(messenger, () => messenger.devices()).find((one) => one.id === device);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(false);
  useEffect(() => void messenger.refreshDevices().catch(() => undefined), [messenger, device]);
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(false);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof MessengerError)) throw error;
      setProblem(true);
      setBusy(false);
    }
  };
  return (
    <section class="newcomer" aria-label={texts.newcomer.label}>
      <p>{texts.newcomer.asks(known ? nameOfDevice(known) : texts.devices.another)}</p>
      {problem && <p role="alert">{texts.newcomer.failed}</p>}
      <div class="newcomer-acts">
        <button type="button" class="primary" disabled={busy} onClick={() => void act(() => messenger.showHistoryTo(keys))}>
          {texts.newcomer.show}
        </button>
        <button type="button" class="plain red" disabled={busy} onClick={() => void act(() => messenger.removeDevice(device))}>
          {texts.newcomer.notMine}
        </button>
      </div>
    </section>
  );
}

function nameOfDevice(device: OwnDevice): string {
  return deviceName(device.userAgent) ?? texts.devices.another;
}

function about(device: OwnDevice): string {
  if (device.self) return texts.devices.self;
  return device.lost ? texts.devices.lost : texts.devices.seen(dayName(device.seenAt));
}

function sorted(devices: OwnDevice[]): OwnDevice[] {
  return devices.toSorted((a, b) => Number(b.self) - Number(a.self) || (a.seenAt < b.seenAt ? 1 : -1));
}
