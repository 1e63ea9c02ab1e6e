package moka.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.grammar.GrammarException;
import moka.engine.kernel.AttentionPlan.Span;
import moka.template.Message;
import org.jspecify.annotations.Nullable;

/**
 * Answers many prompts with several sequences that take their steps together, so that each weight is read once a step for all of them. As soon
 * as an answer ends its sequence takes the next prompt; a prompt goes to the free sequence that holds most of it already.
 *
 * <p>Each answer is the one that its prompt gets alone, up to the rounding of the kernels' forms for one row and for several. Guessing ahead
 * ({@link GenerationOptions#speculation()}) goes with one sequence only: several fill the passes over the weights by themselves. Belongs to
 * one thread; owns its sequences' memory until closed.
 */
public final class ParallelGenerator implements AutoCloseable {
    private final Model model;
    private final List<Slot> slots = new ArrayList<>();
    private final int[] ids;

    /** One prompt. @param prompt its tokens @param options how to answer it @param listener told what happens, token by token */
    public record Request(int[] prompt, GenerationOptions options, GenerationListener listener) {}

    /** Told what becomes of the requests, in the order in which they end. */
    public interface Listener {
        /** @param index which request, counted from 0 */
        void onAnswer(int index, GenerationResult result);

        /** The request cannot be answered: its prompt does not fit, or the like. The others go on. */
        void onFailure(int index, RuntimeException failure);
    }

    /** @param sequences how many are computed together: at most {@link SessionOptions#batchTokens()} */
    public ParallelGenerator(Model model, SessionOptions options, int sequences) {
        if (sequences < 1 || sequences > Math.max(1, options.batchTokens())) {
            throw new IllegalArgumentException(
                    sequences + " sequences, expected 1 to " + options.batchTokens() + " (the tokens of a batch)");
        }
        this.model = model;
        this.ids = new int[sequences];
        try {
            for (int i = 0; i < sequences; i++) {
                slots.add(new Slot(model.newSession(options)));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A sequence and what it is working on. */
    private static final class Slot {
        final Session session;
        @Nullable Generation generation;
        int index;

        Slot(Session session) {
            this.session = session;
        }
    }

    /** The tokens of a conversation, for a request. */
    public int[] encode(List<Message> messages, GenerationOptions options) {
        return model.tokenizer().encode(slots.getFirst().session.render(messages, options), true);
    }

    /** Answers all requests. */
    public void run(Iterator<Request> requests, Listener listener) {
        slots.forEach(slot -> slot.session.enter());
        try {
            int started = 0;
            while (true) {
                while (requests.hasNext() && slots.stream().anyMatch(slot -> slot.generation == null)) {
                    start(requests.next(), started++, listener);
                }
                if (slots.stream().allMatch(slot -> slot.generation == null) && !requests.hasNext()) {
                    return;
                }
                step(listener);
            }
        } finally {
            slots.forEach(slot -> {
                slot.generation = null;
                slot.session.exit();
            });
        }
    }

    private void start(Request request, int index, Listener listener) {
        if (request.options().speculation().isPresent() && slots.size() > 1) {
            throw new IllegalArgumentException("guessing ahead goes with one sequence, found " + slots.size());
        }
        Slot slot = slots.stream()
                .filter(it -> it.generation == null)
                .max(Comparator.comparingInt(it -> it.session.cached().commonPrefix(request.prompt())))
                .orElseThrow();
        try {
            var generation = new Generation(slot.session, request.options(), request.listener());
            if (request.options().speculation().isPresent()) {
                listener.onAnswer(index, generation.run(request.prompt()));
                return;
            }
            generation.prefill(request.prompt());
            slot.generation = generation;
            slot.index = index;
        } catch (EngineException | GrammarException e) {
            listener.onFailure(index, e);
        }
    }

    /** Each sequence chooses its next token; then all are computed together. */
    private void step(Listener listener) {
        var going = new ArrayList<Slot>(slots.size());
        for (Slot slot : slots) {
            Generation generation = slot.generation;
            if (generation == null) {
                continue;
            }
            try {
                int id = generation.next();
                if (id == Generation.NONE) {
                    slot.generation = null;
                    listener.onAnswer(slot.index, generation.result());
                } else {
                    ids[going.size()] = id;
                    going.add(slot);
                }
            } catch (EngineException | GrammarException e) {
                slot.generation = null;
                listener.onFailure(slot.index, e);
            }
        }
        if (!going.isEmpty()) {
            compute(going.stream().map(slot -> slot.session).toList());
        }
    }

    private void compute(List<Session> sessions) {
        int count = sessions.size();
        ForwardPass pass = sessions.getFirst().pass();
        model.checkUnchanged();
        EngineEvent.Decode event = Flight.decode();
        model.computing().lock();
        try {
            var spans = new Span[count];
            for (int i = 0; i < count; i++) {
                sessions.get(i).cached().check(ids, i, 1);
                spans[i] = sessions.get(i).reserve(i, 1);
            }
            pass.run(ids, 0, count, () -> false, spans);
            model.checkRead();
            for (int row = 0; row < count; row += pass.maxHeadRows()) {
                int rows = Math.min(pass.maxHeadRows(), count - row);
                pass.runHead(row, rows);
                model.checkRead();
                for (int i = 0; i < rows; i++) {
                    sessions.get(row + i).cached().add(ids, row + i, 1);
                    sessions.get(row + i).takeLogits(i);
                }
            }
        } finally {
            model.computing().unlock();
        }
        if (event != null) {
            event.sequences = count;
            event.commit();
        }
    }

    /** Bytes of the sequences' caches now. */
    public long cacheBytes() {
        return slots.stream().mapToLong(slot -> slot.session.cacheBytes()).sum();
    }

    @Override
    public void close() {
        slots.forEach(slot -> slot.session.close());
    }
}
