use serde::{Deserialize, Serialize};
use wd_channels::{Act, ChannelsError, NewGrant, OfferedKeyPackage, Role, Subject};
use wd_db::Tx;
use wd_desk::{
    Case, Refusal, State,
    permissions::{ConversationAssign, ConversationHistory, ConversationJoin, ConversationTake},
};
use wd_kernel::{ConversationId, Ctx, DeviceId, StaffId};

use super::{Conversations, ConversationsError};

/// What somebody wants to do to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantAct {
    /// Take a waiting conversation.
    Take,
    /// Join as a colleague.
    Join,
    /// Hand the conversation to somebody.
    Assign,
    /// Add a colleague.
    Add,
    /// Remove a colleague.
    Remove,
    /// Let another device of one's own in.
    OwnDevice,
}

/// A wish for grants.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// What for.
    pub act: GrantAct,
    /// The own device that will commit.
    pub device: DeviceId,
    /// Whom it concerns, to assign, add and remove.
    #[serde(default)]
    pub staff: Option<StaffId>,
    /// Why; everybody in the conversation sees it.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What a commit needs.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Grants {
    /// For the commit's authenticated data.
    pub grants: Vec<String>,
    /// The devices to add.
    #[schema(value_type = Vec<OfferedKeyPackage>)]
    pub key_packages: Vec<OfferedKeyPackage>,
    /// The devices to remove.
    pub remove: Vec<DeviceId>,
}

/// One wish, looked at.
struct Wish<'a> {
    case: &'a Case,
    device: DeviceId,
    reason: &'a str,
    inside: bool,
}

impl Conversations {
    /// Gives grants as far as the actor's rights reach. What they let in still has to be committed.
    pub async fn grants(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        request: &GrantRequest,
    ) -> Result<Grants, ConversationsError> {
        let own = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        let tx_ref = &mut tx;
        if self.channels.device_owner_in(tx_ref, request.device).await? != Some(Subject::Staff(own)) {
            return Err(ConversationsError::Invalid {
                field: "device",
                message: "not a device of yours",
            });
        }
        let inside = self
            .channels
            .member_devices_in(tx_ref, id, Subject::Staff(own))
            .await?
            .contains(&request.device);
        let reason = request.reason.as_deref().unwrap_or_default();
        let wish = Wish {
            case: &case,
            device: request.device,
            reason,
            inside,
        };
        let staff = || {
            request.staff.ok_or(ConversationsError::Invalid {
                field: "staff",
                message: "say whom",
            })
        };
        let grants = match request.act {
            GrantAct::Take => self.to_take(tx_ref, ctx, &wish).await?,
            GrantAct::Join => self.to_join(tx_ref, ctx, &wish).await?,
            GrantAct::OwnDevice => self.for_own_device(tx_ref, ctx, &wish).await?,
            GrantAct::Assign => self.to_assign(tx_ref, ctx, &wish, staff()?).await?,
            GrantAct::Add => self.to_add(tx_ref, ctx, &wish, staff()?).await?,
            GrantAct::Remove => self.to_remove(tx_ref, ctx, &wish, staff()?).await?,
        };
        tx.commit().await?;
        Ok(grants)
    }

    async fn to_take(&self, tx: &mut Tx, ctx: &Ctx, wish: &Wish<'_>) -> Result<Grants, ConversationsError> {
        ctx.require::<ConversationTake>(wish.case.scope())?;
        // Refuses now what the desk would refuse at the end.
        wish.case
            .clone()
            .take(ctx.staff()?.id)
            .map_err(wd_desk::DeskError::Refused)?;
        self.join(tx, ctx, wish, Role::Agent).await
    }

    async fn to_join(&self, tx: &mut Tx, ctx: &Ctx, wish: &Wish<'_>) -> Result<Grants, ConversationsError> {
        self.desk.require_in::<ConversationJoin>(tx, ctx, wish.case).await?;
        if wish.case.state == State::Waiting {
            return Err(ConversationsError::Conflict(
                "nobody has taken this conversation: take it",
            ));
        }
        let role = own_role(ctx, wish.case)?;
        self.join(tx, ctx, wish, role).await
    }

    /// Adds one's other devices, or lets this one in beside them.
    async fn for_own_device(&self, tx: &mut Tx, ctx: &Ctx, wish: &Wish<'_>) -> Result<Grants, ConversationsError> {
        let own = ctx.staff()?.id;
        let takes_part =
            wish.case.assignee == Some(own) || self.desk.colleagues_in(tx, wish.case.id).await?.contains(&own);
        if !takes_part {
            return Err(ConversationsError::Conflict("you are not in this conversation"));
        }
        let role = own_role(ctx, wish.case)?;
        if wish.inside {
            self.add(tx, ctx, wish, own, role).await
        } else {
            self.join(tx, ctx, wish, role).await
        }
    }

    async fn to_assign(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wish: &Wish<'_>,
        staff: StaffId,
    ) -> Result<Grants, ConversationsError> {
        ctx.require::<ConversationAssign>(wish.case.scope())?;
        wish.case.clone().assign(staff).map_err(wd_desk::DeskError::Refused)?;
        self.may_be_assigned(tx, wish.case, staff).await?;
        must_be_inside(wish)?;
        let mut grants = self.add(tx, ctx, wish, staff, Role::Agent).await?;
        let stays = !self
            .channels
            .staying_devices_in(tx, wish.case.id, Subject::Staff(staff))
            .await?
            .is_empty();
        if grants.key_packages.is_empty() && !stays {
            return Err(self.nobody_to_add(tx, wish, staff).await?);
        }
        if let Some(former) = wish.case.assignee {
            self.remove(tx, ctx, wish, former, &mut grants).await?;
        }
        Ok(grants)
    }

    async fn to_add(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wish: &Wish<'_>,
        staff: StaffId,
    ) -> Result<Grants, ConversationsError> {
        ctx.require::<ConversationAssign>(wish.case.scope())?;
        must_be_inside(wish)?;
        let role = if wish.case.assignee == Some(staff) {
            Role::Agent
        } else {
            Role::Colleague
        };
        let grants = self.add(tx, ctx, wish, staff, role).await?;
        if grants.key_packages.is_empty() {
            return Err(self.nobody_to_add(tx, wish, staff).await?);
        }
        Ok(grants)
    }

    /// Why nobody of them can come in. Who is to leave is in already, and is to be taken out first.
    async fn nobody_to_add(
        &self,
        tx: &mut Tx,
        wish: &Wish<'_>,
        staff: StaffId,
    ) -> Result<ConversationsError, ConversationsError> {
        let subject = Subject::Staff(staff);
        let inside = self.channels.member_devices_in(tx, wish.case.id, subject).await?;
        let staying = self.channels.staying_devices_in(tx, wish.case.id, subject).await?;
        Ok(if inside.len() > staying.len() {
            ChannelsError::RemovalPending.into()
        } else {
            ConversationsError::Conflict("this colleague has no device that can be added now")
        })
    }

    async fn to_remove(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wish: &Wish<'_>,
        staff: StaffId,
    ) -> Result<Grants, ConversationsError> {
        if staff != ctx.staff()?.id {
            ctx.require::<ConversationAssign>(wish.case.scope())?;
        }
        must_be_inside(wish)?;
        if wish.case.assignee == Some(staff) && wish.case.state == State::Open {
            return Err(wd_desk::DeskError::Refused(Refusal::Already).into());
        }
        let mut grants = Grants::default();
        self.remove(tx, ctx, wish, staff, &mut grants).await?;
        Ok(grants)
    }

    async fn join(&self, tx: &mut Tx, ctx: &Ctx, wish: &Wish<'_>, role: Role) -> Result<Grants, ConversationsError> {
        let subject = Subject::Staff(ctx.staff()?.id);
        let history = ctx.holds::<ConversationHistory>(wish.case.scope());
        let new = NewGrant {
            conversation: wish.case.id,
            act: Act::Join,
            subject,
            devices: &[wish.device],
            role,
            reason: wish.reason,
            history,
        };
        Ok(Grants {
            grants: vec![self.channels.issue_grant_in(tx, ctx, new).await?],
            ..Grants::default()
        })
    }

    async fn add(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wish: &Wish<'_>,
        staff: StaffId,
        role: Role,
    ) -> Result<Grants, ConversationsError> {
        let subject = Subject::Staff(staff);
        let key_packages = self
            .channels
            .offer_key_packages_in(tx, ctx, wish.case.id, subject)
            .await?;
        if key_packages.is_empty() {
            return Ok(Grants::default());
        }
        let devices: Vec<DeviceId> = key_packages.iter().map(|offered| offered.device).collect();
        let history = ctx.holds::<ConversationHistory>(wish.case.scope());
        let new = NewGrant {
            conversation: wish.case.id,
            act: Act::Add,
            subject,
            devices: &devices,
            role,
            reason: wish.reason,
            history,
        };
        Ok(Grants {
            grants: vec![self.channels.issue_grant_in(tx, ctx, new).await?],
            key_packages,
            remove: Vec::new(),
        })
    }

    /// All devices of somebody but the committing one, which cannot remove itself.
    async fn remove(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wish: &Wish<'_>,
        staff: StaffId,
        grants: &mut Grants,
    ) -> Result<(), ConversationsError> {
        let subject = Subject::Staff(staff);
        let devices = self.channels.member_devices_in(tx, wish.case.id, subject).await?;
        let devices: Vec<DeviceId> = devices.into_iter().filter(|device| *device != wish.device).collect();
        if !devices.is_empty() {
            let new = NewGrant {
                conversation: wish.case.id,
                act: Act::Remove,
                subject,
                devices: &devices,
                role: Role::Colleague,
                reason: wish.reason,
                history: false,
            };
            grants.grants.push(self.channels.issue_grant_in(tx, ctx, new).await?);
            grants.remove.extend(devices);
        }
        Ok(())
    }

    /// A customer's further device, or one that lost its state, enters by external commit.
    pub async fn widget_grants(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        device: DeviceId,
    ) -> Result<Grants, ConversationsError> {
        let customer = ctx.actor.customer().ok_or(wd_kernel::Denied::Unauthenticated)?;
        let subject = Subject::Customer(customer);
        let mut tx = self.db.begin().await?;
        self.desk.find_in(&mut tx, ctx, id).await?;
        if self.channels.device_owner_in(&mut tx, device).await? != Some(subject) {
            return Err(ConversationsError::Invalid {
                field: "device",
                message: "not a device of yours",
            });
        }
        self.channels.spend_grant_in(&mut tx, ctx, customer).await?;
        let new = NewGrant {
            conversation: id,
            act: Act::Join,
            subject,
            devices: &[device],
            role: Role::Customer,
            reason: "own device",
            history: false,
        };
        let grant = self.channels.issue_grant_in(&mut tx, ctx, new).await?;
        tx.commit().await?;
        Ok(Grants {
            grants: vec![grant],
            ..Grants::default()
        })
    }
}

fn must_be_inside(wish: &Wish<'_>) -> Result<(), ConversationsError> {
    if wish.inside {
        Ok(())
    } else {
        Err(ConversationsError::Conflict(
            "this device is not in the conversation: join first",
        ))
    }
}

fn own_role(ctx: &Ctx, case: &Case) -> Result<Role, ConversationsError> {
    Ok(if case.assignee == Some(ctx.staff()?.id) {
        Role::Agent
    } else {
        Role::Colleague
    })
}
