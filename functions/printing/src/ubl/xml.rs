//! A tree of XML elements, and how it is written. An element without anything in it is left out.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// An element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: Option<String>,
    inner: Vec<Element>,
}

/// An element around others; none where there are none.
pub(crate) fn group(name: &'static str, inner: impl IntoIterator<Item = Option<Element>>) -> Option<Element> {
    let inner: Vec<Element> = inner.into_iter().flatten().collect();
    (!inner.is_empty()).then_some(Element { name, attributes: Vec::new(), text: None, inner })
}

/// An element around a text.
pub(crate) fn text(name: &'static str, text: impl Into<String>) -> Option<Element> {
    Some(Element { name, attributes: Vec::new(), text: Some(text.into()), inner: Vec::new() })
}

/// An element around a text, where there is one.
pub(crate) fn known(name: &'static str, known: Option<&String>) -> Option<Element> {
    known.and_then(|known| text(name, known))
}

/// The same with an attribute.
pub(crate) fn with(element: Option<Element>, name: &'static str, value: &str) -> Option<Element> {
    element.map(|mut element| {
        element.attributes.push((name, value.to_owned()));
        element
    })
}

impl Element {
    /// The whole document, in UTF-8.
    pub(crate) fn document(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.write(&mut writer)?;
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let attributes = self.attributes.iter().map(|(name, value)| (*name, value.as_str()));
        let element = writer.create_element(self.name).with_attributes(attributes);
        match &self.text {
            Some(text) => element.write_text_content(BytesText::new(text))?,
            None => {
                element.write_inner_content(|writer| self.inner.iter().try_for_each(|inner| inner.write(writer)))?
            }
        };
        Ok(())
    }
}
