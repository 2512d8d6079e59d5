//! What drivers say later of messages that they took.

use wd_kernel::{Ctx, Duration, Timestamp};

use crate::{
    Texts, TextsError,
    driver::{Driver, Fate, Receipt},
    queue::hour_of,
    store::{
        self,
        drivers::{self, Figure},
    },
};

/// A receipt after more time than this is late: who waits for a code has given up.
const LATE: Duration = Duration::from_secs(60);
/// How long a driver is asked.
const ASK_FOR: Duration = Duration::from_secs(60 * 60);
/// While a question is on its way nobody asks again.
const QUESTION: Duration = Duration::from_secs(30);

impl Texts {
    /// Asks a driver about one message, if that is due. `false`: nothing is.
    pub async fn ask(&self, ctx: &Ctx) -> Result<bool, TextsError> {
        let Some(setup) = &self.0.setup else {
            return Ok(false);
        };
        if !setup.drivers.iter().any(Driver::can_be_asked) {
            return Ok(false);
        }
        let now = ctx.now();
        let mut tx = self.0.db.begin().await?;
        let asked = store::take_question(&mut tx, now, now + QUESTION).await?;
        tx.commit().await?;
        let Some(asked) = asked else {
            return Ok(false);
        };
        let driver = setup.drivers.iter().find(|driver| driver.name() == asked.driver);
        let fate = match driver {
            Some(driver) => driver.ask(&asked.reference).await.ok().flatten(),
            // It was taken out of the settings.
            None => None,
        };
        let now = ctx.now();
        let age = now.since(asked.sent_at);
        let mut tx = self.0.db.begin().await?;
        if let Some(fate) = fate {
            let receipt = Receipt {
                reference: asked.reference,
                fate,
                tries: 0,
            };
            take(&mut tx, &asked.driver, &receipt, now).await?;
        } else {
            // The wait is as long as the time that passed, so there are about ten questions.
            let again = (driver.is_some() && age < ASK_FOR).then(|| now + age.max(QUESTION / 6));
            store::ask_at(&mut tx, asked.id, again).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Writes down the receipts that drivers brought of themselves. How many there were.
    pub async fn take_receipts(&self, ctx: &Ctx) -> Result<usize, TextsError> {
        let Some(setup) = &self.0.setup else {
            return Ok(0);
        };
        let mut count = 0;
        for driver in &setup.drivers {
            let receipts = driver.receipts();
            if receipts.is_empty() {
                continue;
            }
            let mut tx = self.0.db.begin().await?;
            let mut early = Vec::new();
            for receipt in receipts {
                // A receipt can be faster than the note that the message was taken.
                if take(&mut tx, driver.name(), &receipt, ctx.now()).await? {
                    count += 1;
                } else {
                    early.push(receipt);
                }
            }
            tx.commit().await?;
            driver.keep(early);
        }
        Ok(count)
    }
}

/// `false`: there is no message that this is about, or it has a receipt.
async fn take(tx: &mut wd_db::Tx, driver: &str, receipt: &Receipt, now: Timestamp) -> Result<bool, wd_db::DbError> {
    let (state, delivered) = match receipt.fate {
        Fate::Delivered => ("delivered", 1),
        Fate::Undelivered => ("undelivered", 0),
    };
    let Some(sent_at) = store::receipt(tx, driver, &receipt.reference, state, now).await? else {
        return Ok(false);
    };
    let more = Figure {
        delivered,
        undelivered: 1 - delivered,
        late: i64::from(now.since(sent_at) > LATE),
        ..Figure::default()
    };
    drivers::add(tx, driver, hour_of(sent_at), &more).await?;
    Ok(true)
}
