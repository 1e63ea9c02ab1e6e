/** A bounded interpreter of the Jinja language, from the text of a template to the text it renders. */
@org.jspecify.annotations.NullMarked
package moka.template.jinja;
