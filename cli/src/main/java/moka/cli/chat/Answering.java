package moka.cli.chat;

import java.util.List;
import moka.cli.render.AnswerNotes;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Interrupt;
import moka.cli.terminal.Output;
import moka.engine.Cancellation;
import moka.engine.EngineException;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.StopReason;
import moka.template.Message;
import moka.template.answer.Answer;
import moka.tokenizer.Tokenizer.Segment;

/** Says a message to the model, shows the answer while it comes, and records both in the conversation. */
final class Answering {
    /** An interrupt so soon after one that stopped an answer means to leave. */
    private static final long TWICE_NANOS = 1_500_000_000L;

    private final ChatState state;
    private final LineSource lines;
    private long interruptedAt = System.nanoTime() - TWICE_NANOS;

    Answering(ChatState state, LineSource lines) {
        this.state = state;
        this.lines = lines;
    }

    /** Whether an answer was interrupted a moment ago. */
    boolean wasJustInterrupted() {
        return System.nanoTime() - interruptedAt < TWICE_NANOS;
    }

    /** Says a message; what goes wrong is told to the user, and the conversation is then as before. @param again see {@link #say} */
    void sayAndReport(String message, boolean again) {
        List<Message> before = state.conversation.messages();
        try {
            if (!say(message, again)) {
                interruptedAt = System.nanoTime();
            }
        } catch (Output.Closed e) {
            throw e;
        } catch (RuntimeException e) {
            if (!state.conversation.endsWithAnswer()) {
                state.conversation.replace(before);
            }
            state.note(lines.columns(), "moka: " + Failures.line(e));
        }
    }

    /** @param again whether it takes the place of the last question and its answer @return false if the answer was interrupted */
    boolean say(String message, boolean again) {
        List<Message> before = state.conversation.messages();
        if (again) {
            state.conversation.removeLastTurn();
        }
        state.conversation.addUser(state.attached + message);
        state.attached = "";
        Cancellation cancellation = new Cancellation();
        GenerationOptions options = state.generation.withCancellation(cancellation);
        List<Segment> segments = state.session.render(state.conversation.messages(), options);
        int[] prompt = state.model.tokenizer().encode(segments, true);
        checkRoom(prompt.length);
        try (AnswerDisplay display = new AnswerDisplay(state.streams, lines::columns, state.look());
                Interrupt _ = new Interrupt(cancellation::cancel, lines::close)) {
            GenerationResult result = state.session.generate(prompt, options, display);
            display.finish();
            record(result, before);
            return result.stopReason() != StopReason.CANCELLED;
        }
    }

    private void checkRoom(int promptTokens) {
        if (promptTokens >= state.session.contextLength()) {
            throw new EngineException("the conversation has " + promptTokens + " tokens and the context holds "
                    + state.session.contextLength() + ": nothing is cut silently; /clear begins anew, /undo forgets a turn, "
                    + "/set context N makes room");
        }
    }

    /** @param before the conversation as it was: it comes back where there is no answer */
    private void record(GenerationResult result, List<Message> before) {
        Answer answer = result.answer();
        state.count(result);
        if (result.stopReason() == StopReason.CANCELLED && answer.content().isBlank()) {
            state.conversation.replace(before);
            state.quietNote(lines.columns(), "(interrupted before the answer: the conversation is as it was)");
        } else {
            state.conversation.addAnswer(answer.content().strip(), answer.reasoning());
            state.keep();
        }
        AnswerNotes.afterAnswer(state.session, result, state.verbose).forEach(note -> state.quietNote(lines.columns(), note));
    }
}
