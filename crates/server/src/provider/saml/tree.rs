//! Reading XML strictly: no document types, no entities, bounded depth and size; elements and attributes by their
//! namespaces, and text as a whole. Knows nothing of SAML.

use uppsala::{Document, NodeId, NodeKind, Parser};

use super::MOST_BYTES;

/// Deeper than any answer or metadata nests.
const MOST_DEPTH: u32 = 48;

/// One XML document.
pub(super) struct Tree<'a>(Document<'a>);

impl<'a> Tree<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(xml: &'a str) -> Result<Self, String> {
        if xml.len() > MOST_BYTES {
            return Err(format!("it is longer than {MOST_BYTES} bytes"));
        }
        let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(MOST_DEPTH);
        parser.parse(xml).map(Self).map_err(|_| "it is no well-formed XML, or has a document type".to_owned())
    }

    /// Reads a document in which nothing may hide: no comments and no instructions for programs. A signature does not
    /// cover comments, so whoever reads text around one reads another text than was signed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read_plain(xml: &'a str) -> Result<Self, String> {
        let tree = Self::read(xml)?;
        let hides = |node: &NodeId| {
            matches!(tree.0.node_kind(*node), Some(NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_)))
        };
        if tree.0.descendants(tree.0.root()).iter().any(hides) {
            return Err("it has comments or processing instructions".to_owned());
        }
        Ok(tree)
    }

    /// The document, for the check of its signatures.
    pub(super) const fn document(&self) -> &Document<'a> {
        &self.0
    }

    /// The outermost element.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn root(&self) -> Result<NodeId, String> {
        self.0.document_element().ok_or_else(|| "it is empty".to_owned())
    }

    /// Whether an element has this name.
    pub(super) fn is(&self, node: NodeId, space: &str, name: &str) -> bool {
        self.0.element(node).is_some_and(|element| element.matches_name_ns(space, name))
    }

    /// The local name of an element.
    pub(super) fn name(&self, node: NodeId) -> &str {
        self.0.element(node).map_or("", |element| &element.name.local_name)
    }

    /// Every element with this local name, whatever its namespace.
    pub(super) fn everywhere(&self, name: &str) -> Vec<NodeId> {
        self.0.descendants(self.0.root()).into_iter().filter(|node| self.name(*node) == name).collect()
    }

    /// The elements right inside one.
    pub(super) fn elements(&self, node: NodeId) -> Vec<NodeId> {
        self.0.children(node).into_iter().filter(|child| self.0.element(*child).is_some()).collect()
    }

    /// Those of them with this name.
    pub(super) fn named(&self, node: NodeId, space: &str, name: &str) -> Vec<NodeId> {
        self.elements(node).into_iter().filter(|child| self.is(*child, space, name)).collect()
    }

    /// The one of them with this name, if there is one.
    ///
    /// # Errors
    /// There are several.
    pub(super) fn optional(&self, node: NodeId, space: &str, name: &str) -> Result<Option<NodeId>, String> {
        match self.named(node, space, name).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(format!("it has more than one `{name}`")),
        }
    }

    /// The one of them with this name.
    ///
    /// # Errors
    /// There is none, or several.
    pub(super) fn only(&self, node: NodeId, space: &str, name: &str) -> Result<NodeId, String> {
        self.optional(node, space, name)?.ok_or_else(|| format!("it has no `{name}`"))
    }

    /// An attribute that stands in no namespace.
    pub(super) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        let mut all = self.0.element(node)?.attributes.iter();
        let found = all.find(|a| a.name.namespace_uri.is_none() && *a.name.local_name == *name);
        found.map(|a| &*a.value)
    }

    /// The whole text of an element that has no elements inside.
    ///
    /// # Errors
    /// It has some.
    pub(super) fn text(&self, node: NodeId) -> Result<String, String> {
        if self.elements(node).is_empty() {
            Ok(self.0.text_content_deep(node).trim().to_owned())
        } else {
            Err(format!("`{}` has elements inside", self.name(node)))
        }
    }

    /// The element around one.
    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.0.parent(node)
    }
}
