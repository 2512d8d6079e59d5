import { t } from "../i18n";
import { Ago, Verified } from "../ui/small";

/** Whether somebody vouches for the customer, and when that last happened. */
export function Identity({ customer }: { customer: { verified: boolean; verified_at?: string | null } }) {
  return (
    <>
      <Verified verified={customer.verified} /> {t(customer.verified ? "verified" : "unverified")}
      {customer.verified && customer.verified_at && (
        <>
          {" "}
          <Ago time={customer.verified_at} />
        </>
      )}
    </>
  );
}
