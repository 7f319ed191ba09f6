//! The schemas that are served: users with the enterprise extension (RFC 7643, 4.1 and 4.3) and groups (4.2), as one
//! table. Passwords, certificates and what else nobody here uses are not among them.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// Yes or no.
    Flag,
    /// A moment.
    Moment,
    /// The address of something: of these resource types, or anywhere.
    Reference(&'static [&'static str]),
    /// An object with these parts.
    Complex(&'static [Attribute]),
}

/// Who may write an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The client.
    ReadWrite,
    /// Nobody: it follows from elsewhere.
    ReadOnly,
    /// The client, once.
    Immutable,
}

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, in the spelling of the RFC.
    pub name: &'static str,
    /// What its values are.
    pub shape: Shape,
    /// Whether it has many values.
    pub many: bool,
    /// Whether letter case matters.
    pub exact: bool,
    /// Whether it must be there.
    pub required: bool,
    /// Who writes it.
    pub access: Access,
    /// Whether it is shown whatever is asked for.
    pub always: bool,
    /// Whether no two resources share a value.
    pub unique: bool,
    /// Values one is to choose from.
    pub choices: &'static [&'static str],
    /// What it is, in a sentence.
    pub about: &'static str,
}

impl Attribute {
    const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        let access = Access::ReadWrite;
        Self {
            name,
            shape,
            many: false,
            exact: false,
            required: false,
            access,
            always: false,
            unique: false,
            choices: &[],
            about,
        }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { access: Access::ReadOnly, ..self }
    }

    const fn immutable(self) -> Self {
        Self { access: Access::Immutable, ..self }
    }

    const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn one_of(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }

    /// The parts of a complex attribute.
    #[must_use]
    pub const fn parts(&self) -> &'static [Attribute] {
        match self.shape {
            Shape::Complex(parts) => parts,
            _ => &[],
        }
    }

    /// The part of a name, without regard to letter case.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&'static Attribute> {
        named(self.parts(), name)
    }
}

fn named(list: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    list.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}

const fn text(name: &'static str, about: &'static str) -> Attribute {
    Attribute::new(name, Shape::Text, about)
}

const PRIMARY: Attribute = Attribute::new("primary", Shape::Flag, "Whether it is the preferred one; one at most is.");
const KIND: Attribute = text("type", "What it is used for.");
const SHOWN: Attribute = text("display", "What people read.");

const fn entry(about: &'static str) -> Attribute {
    text("value", about)
}

const NAME: &[Attribute] = &[
    text("formatted", "The whole name as it is shown."),
    text("familyName", "Family name."),
    text("givenName", "Given name."),
    text("middleName", "Middle names."),
    text("honorificPrefix", "Title before the name."),
    text("honorificSuffix", "Suffix behind the name."),
];
const EMAILS: &[Attribute] =
    &[entry("The address.").required(), SHOWN, KIND.one_of(&["work", "home", "other"]), PRIMARY];
const PHONES: &[Attribute] =
    &[entry("The number."), SHOWN, KIND.one_of(&["work", "home", "mobile", "fax", "pager", "other"]), PRIMARY];
const PLAIN: &[Attribute] = &[entry("The value."), SHOWN, KIND, PRIMARY];
const PHOTOS: &[Attribute] = &[
    Attribute::new("value", Shape::Reference(&["external"]), "Where the picture is.").exact(),
    SHOWN,
    KIND.one_of(&["photo", "thumbnail"]),
    PRIMARY,
];
const ADDRESSES: &[Attribute] = &[
    text("formatted", "The whole address as it is shown."),
    text("streetAddress", "Street and number."),
    text("locality", "Town."),
    text("region", "State or region."),
    text("postalCode", "Postal code."),
    text("country", "Country, two letters."),
    KIND.one_of(&["work", "home", "other"]),
    PRIMARY,
];
const GROUPS: &[Attribute] = &[
    entry("Id of the group.").exact().read_only(),
    Attribute::new("$ref", Shape::Reference(&["Group"]), "Address of the group.").exact().read_only(),
    SHOWN.read_only(),
    KIND.one_of(&["direct"]).read_only(),
];
const MANAGER: &[Attribute] = &[
    entry("Id of the manager.").exact(),
    Attribute::new("$ref", Shape::Reference(&["User"]), "Address of the manager.").exact(),
    text("displayName", "Name of the manager.").read_only(),
];
const MEMBERS: &[Attribute] = &[
    entry("Id of the member.").exact().immutable(),
    Attribute::new("$ref", Shape::Reference(&["User"]), "Address of the member.").exact().immutable(),
    KIND.one_of(&["User"]).immutable(),
];
const META: &[Attribute] = &[
    text("resourceType", "What it is.").exact().read_only(),
    Attribute::new("created", Shape::Moment, "When it was made.").read_only(),
    Attribute::new("lastModified", Shape::Moment, "When it last changed.").read_only(),
    Attribute::new("location", Shape::Reference(&["uri"]), "Its address.").exact().read_only(),
    text("version", "Its version, as in its `ETag`.").exact().read_only(),
];

/// What every resource has beside its schemas' attributes.
pub const COMMON: &[Attribute] = &[
    text("id", "Its id here.").exact().read_only().always().unique().required(),
    text("externalId", "Its id in the directory.").exact(),
    Attribute::new("meta", Shape::Complex(META), "What is known of the resource itself.").read_only(),
];

/// One schema.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its URN.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it describes.
    pub about: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

/// Users (RFC 7643, 4.1).
pub const USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    about: "A person of the organization",
    attributes: &[
        text("userName", "By what the directory knows the person.").required().unique(),
        Attribute::new("name", Shape::Complex(NAME), "The parts of the name."),
        text("displayName", "The name for people."),
        text("nickName", "What friends call them."),
        Attribute::new("profileUrl", Shape::Reference(&["external"]), "A page about them.").exact(),
        text("title", "Their title."),
        text("userType", "How they belong to the organization, such as `Employee`."),
        text("preferredLanguage", "Their language."),
        text("locale", "Their way of writing numbers and dates."),
        text("timezone", "Their time zone, such as `Europe/Berlin`."),
        Attribute::new("active", Shape::Flag, "Whether they may work; false ends their access at once.").required(),
        Attribute::new("emails", Shape::Complex(EMAILS), "Addresses; they sign in with the primary one.")
            .many()
            .required(),
        Attribute::new("phoneNumbers", Shape::Complex(PHONES), "Telephone numbers.").many(),
        Attribute::new("ims", Shape::Complex(PLAIN), "Instant messaging.").many(),
        Attribute::new("photos", Shape::Complex(PHOTOS), "Pictures.").many(),
        Attribute::new("addresses", Shape::Complex(ADDRESSES), "Postal addresses.").many(),
        Attribute::new("groups", Shape::Complex(GROUPS), "The directory's groups they are in.").many().read_only(),
        Attribute::new("entitlements", Shape::Complex(PLAIN), "Kept as sent; gives nothing here.").many(),
        Attribute::new("roles", Shape::Complex(PLAIN), "Kept as sent; gives nothing here.").many(),
    ],
};

/// The enterprise extension (RFC 7643, 4.3).
pub const ENTERPRISE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    about: "What companies know of their people",
    attributes: &[
        text("employeeNumber", "Their number."),
        text("costCenter", "Cost center."),
        text("organization", "Organization."),
        text("division", "Division."),
        text("department", "Department."),
        Attribute::new("manager", Shape::Complex(MANAGER), "Whom they report to."),
    ],
};

/// Groups (RFC 7643, 4.2).
pub const GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    about: "A group of people",
    attributes: &[
        text("displayName", "Its name.").required().unique(),
        Attribute::new("members", Shape::Complex(MEMBERS), "Who is in it.").many(),
    ],
};

/// A sort of resource.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name and id.
    pub name: &'static str,
    /// Where it is found.
    pub endpoint: &'static str,
    /// Its schema.
    pub schema: &'static Schema,
    /// Further schemas, none of them required.
    pub extensions: &'static [&'static Schema],
}

/// Users.
pub static USERS: ResourceType =
    ResourceType { name: "User", endpoint: "/Users", schema: &USER, extensions: &[&ENTERPRISE] };
/// Groups.
pub static GROUPS_TYPE: ResourceType =
    ResourceType { name: "Group", endpoint: "/Groups", schema: &GROUP, extensions: &[] };

/// An attribute that was named, or a whole extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// All of an extension.
    Extension(&'static Schema),
    /// An attribute or a part of one.
    Attribute(Target),
}

/// An attribute of a resource, perhaps a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The extension it is in; `None` for the schema itself.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The part of it that is meant.
    pub part: Option<&'static Attribute>,
}

impl ResourceType {
    /// The attribute of the schema itself, without regard to letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        named(self.schema.attributes, name).or_else(|| named(COMMON, name))
    }

    /// What a name stands for: `userName`, `name.givenName`, `urn:…:User:userName`, or the URN of an extension. Letter
    /// case does not matter.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Named> {
        let all = || self.extensions.iter().copied().chain([self.schema]);
        if let Some(whole) = self.extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(name)) {
            return Some(Named::Extension(whole));
        }
        let within = all().find_map(|schema| {
            let (head, rest) = name.split_at_checked(schema.id.len())?;
            head.eq_ignore_ascii_case(schema.id).then_some((schema, rest.strip_prefix(':')?))
        });
        let (schema, rest) = within.unwrap_or((self.schema, name));
        let (first, part) = rest.split_once('.').map_or((rest, None), |(first, part)| (first, Some(part)));
        let extension = (schema.id != self.schema.id).then_some(schema);
        let attribute = match extension {
            Some(schema) => named(schema.attributes, first)?,
            None => self.attribute(first)?,
        };
        let part = match part {
            Some(part) => Some(attribute.part(part)?),
            None => None,
        };
        Some(Named::Attribute(Target { extension, attribute, part }))
    }
}
