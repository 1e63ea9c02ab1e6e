/** The chat: a line editor, its commands, the conversation, and answers as they stream. */
@org.jspecify.annotations.NullMarked
package moka.cli.chat;
