//! One conversation from the first start to the letters after it was given back.

use wd_client::{View, engine::What};
use wd_kernel::Id as _;

use crate::support::texts;

on_both_databases! {
    async fn a_conversation_goes_from_a_first_letter_through_many_hands_back_to_letters(app) {
        let mut desk = app.desk().await;
        let second_team = desk.make_team("Returns").await;
        assert_ne!(second_team, desk.team);

        // People come.
        let mut ada = desk.agent(&app, "ada").await;
        let mut ben = desk.agent(&app, "ben").await;
        let mut lea = desk.somebody(&app, "lea", &["team-lead"], &[desk.team]).await;
        lea.enrol("browser", 10).await.unwrap();
        assert!(ada.tend_team_keys().await.unwrap() >= 1, "devices that came later get the team's key");
        ben.tend_team_keys().await.unwrap();
        lea.tend_team_keys().await.unwrap();

        // A customer writes while nobody is there.
        let mut visitor = app.visitor().await;
        assert_eq!(visitor.organisation().fingerprint, ada.organisation().fingerprint);
        let id = visitor.open("my parcel is wet").await.unwrap();
        visitor.send(id, "and the box is torn").await.unwrap();

        // An agent takes it and reads what was written before.
        let waiting = ada.inbox(View::Waiting, None).await.unwrap().items;
        assert_eq!(waiting.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
        ada.take(id).await.unwrap();
        assert_eq!(texts(ada.view(id).unwrap()), ["my parcel is wet", "and the box is torn"]);
        let late = ben.take(id).await.unwrap_err();
        assert!(late.is(&["already-taken"]), "{late:?}");

        // Both ways over MLS, and both see the same number.
        ada.send(id, "we send you a new one").await.unwrap();
        visitor.sync(id).await.unwrap();
        visitor.send(id, "thank you").await.unwrap();
        ada.read(id).await.unwrap();
        let so_far = ["my parcel is wet", "and the box is torn", "we send you a new one", "thank you"];
        assert_eq!(texts(ada.view(id).unwrap()), so_far);
        assert_eq!(texts(visitor.view(id).unwrap()), so_far);
        assert_eq!(ada.view(id).unwrap().number().unwrap(), visitor.view(id).unwrap().number().unwrap());

        // An internal note, then a colleague takes over and reads all of it.
        ada.note(id, "the carrier is known for this").await.unwrap();
        ada.assign(id, ben.me().id).await.unwrap();
        ben.read(id).await.unwrap();
        assert_eq!(texts(ben.view(id).unwrap()), so_far);
        let notes = ben.notes(id, 0).await.unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].body.as_deref(), Ok("the carrier is known for this"));
        visitor.sync(id).await.unwrap();
        visitor.send(id, "who are you?").await.unwrap();
        ben.read(id).await.unwrap();
        ben.send(id, "I am Ben").await.unwrap();
        visitor.sync(id).await.unwrap();
        assert_eq!(ben.view(id).unwrap().number().unwrap(), visitor.view(id).unwrap().number().unwrap());
        let inside: Vec<_> = visitor.view(id).unwrap().people().into_iter().map(|person| person.subject).collect();
        assert!(!inside.contains(&ada.me().id.to_string()), "who handed over is out: {inside:?}");
        assert!(inside.contains(&ben.me().id.to_string()));
        assert!(ada.send(id, "one more thing").await.is_err());

        // A lead joins for a reason that everybody sees.
        lea.join(id, "the customer asked for me").await.unwrap();
        lea.send(id, "I am looking into it").await.unwrap();
        visitor.sync(id).await.unwrap();
        let reasons: Vec<_> = visitor.view(id).unwrap().lines().iter().filter_map(|line| match &line.what {
            What::Joined { reason, .. } => Some(reason.as_str()),
            _ => None,
        }).collect();
        assert!(reasons.contains(&"the customer asked for me"), "{reasons:?}");

        // Closed, and opened again by writing.
        ben.read(id).await.unwrap();
        ben.close(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        assert_eq!(visitor.conversations().await.unwrap()[0].state, "closed");
        visitor.send(id, "it is wet again").await.unwrap();
        assert_eq!(visitor.conversations().await.unwrap()[0].state, "open");
        ben.read(id).await.unwrap();
        assert_eq!(texts(ben.view(id).unwrap()).last().unwrap(), "it is wet again");

        // Given back: from now on letters, until somebody takes it.
        ben.release(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        visitor.send(id, "is anybody there?").await.unwrap();
        assert!(!visitor.view(id).unwrap().staffed());
        lea.take(id).await.unwrap();
        assert_eq!(texts(lea.view(id).unwrap()).last().unwrap(), "is anybody there?");
        assert_eq!(texts(lea.view(id).unwrap()), texts(visitor.view(id).unwrap()));
        assert!(refusals(visitor.view(id).unwrap()).is_empty());
        assert!(refusals(lea.view(id).unwrap()).is_empty());
        assert!(!id.uuid().is_nil());
    }
}

fn refusals(view: &wd_client::engine::Conversation) -> Vec<&wd_client::engine::Line> {
    view.lines()
        .iter()
        .filter(|line| matches!(line.what, What::Refused(_)))
        .collect()
}
