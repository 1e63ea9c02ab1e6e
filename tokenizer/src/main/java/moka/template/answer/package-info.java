/** What models answer, taken apart: text for the user, reasoning, tool calls. */
@org.jspecify.annotations.NullMarked
package moka.template.answer;
