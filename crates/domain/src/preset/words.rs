//! The words a preset gives to the console, so that its pages read as the product's own.

use super::fields::Fields;

macro_rules! words {
    ($($word:ident = $default:literal $about:literal)+) => {
        /// The words of the console. What a preset does not name keeps its default.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Words {
            $(#[doc = $about] pub $word: String,)+
        }

        impl Default for Words {
            fn default() -> Words {
                Words { $($word: $default.to_owned(),)+ }
            }
        }

        impl Words {
            pub(super) fn read(fields: Option<Fields<'_>>) -> Words {
                let mut words = Words::default();
                if let Some(mut fields) = fields {
                    $(if let Some(text) = fields.optional_text(stringify!($word)) {
                        words.$word = text.value;
                    })+
                    fields.close();
                }
                words
            }
        }
    };
}

words! {
    member = "member" "One person of the organization, inside a sentence."
    members = "members" "Several of them, inside a sentence."
    members_title = "Members" "The page that lists them, and its tab."
    access_section = "Access" "The part of the navigation the page stands in."
    start_page = "users" "The page below `/{org}/admin/` that a visit begins with; things of a type have theirs, by the plural in small letters."
    role_advice = "" "Advice beside the choice of a role; none when it is empty."
    approved = "Approved" "What stands at the row of somebody who was let in, where people are approved."
    settings_title = "Settings" "The page of the organization itself, and its tab."
    tokens_title = "Tokens" "The page that lists what programs sign in with, and its tab."
    limits_title = "Usage limits" "The page that lists how much may be used, and its tab."
    shared_title = "Shared with me" "What was given to somebody by name: the heading, on their own page."
    account_tab = "" "The tab of one's own page; without one it is reached from the corner."
    role = "role" "What a person holds, inside a sentence."
    roles = "roles" "Several of them."
    group = "group" "Several people together, inside a sentence."
    groups = "groups" "Several of them, inside a sentence."
    groups_title = "Groups" "The page that lists them, and its tab."
    organization = "organization" "What people belong to, inside a sentence."
    organizations = "organizations" "Several of them."
    place_people = "Who reaches this" "At a resource: the heading above those who reach it."
    place_add = "Give somebody access" "The heading above the form that lets somebody in there."
    place_add_submit = "Grant" "The button of that form."
    invite_button = "Invite people" "The button that begins inviting."
    invite_title = "Invite people" "The page that takes the addresses."
    invite_next = "Choose roles" "The button from the addresses to the roles."
    invite_tab = "" "The tab of the page that invites; without one it is reached from the list of people."
    invite_submit = "Send invitations" "The button that sends the invitations."
    invite_drop = "Remove" "Takes one address off the list before it is sent."
    invitation_resend = "Resend" "Sends a waiting invitation again."
    invitation_delete = "Cancel invitation" "Withdraws a waiting invitation."
    approve = "Approve" "Lets a waiting person in."
    reject = "Reject" "Turns a waiting person away."
    change_role = "Change role" "The menu entry."
    edit_user_title = "Change role" "The title of its dialog."
    change_role_submit = "Save" "The button of its dialog."
    deactivate = "Deactivate" "The menu entry."
    deactivate_confirm = "Yes, deactivate" "The button of its dialog."
    reactivate = "Reactivate" "The menu entry."
    remove = "Remove" "The menu entry at another person's row."
    remove_confirm = "Yes, remove" "The button of its dialog."
    leave = "Leave" "The menu entry at one's own row."
    leave_confirm = "Yes, leave" "The button of its dialog."
}
