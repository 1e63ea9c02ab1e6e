package moka.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The sessions of a model that are not closed yet, and whether there may be more. Safe for use by many threads. */
final class OpenSessions {
    private final String model;
    private final Map<Session, String> names = new LinkedHashMap<>();
    private int count;
    private boolean closed;

    /** @param model its name, for messages */
    OpenSessions(String model) {
        this.model = model;
    }

    /** Makes a session and keeps it. @throws IllegalStateException if the model is closed */
    synchronized Session open(Supplier<Session> maker) {
        requireOpen();
        Session made = maker.get();
        names.put(made, "session " + ++count);
        return made;
    }

    synchronized void forget(Session session) {
        names.remove(session);
    }

    synchronized void requireOpen() {
        if (closed) {
            throw new IllegalStateException("model " + model + " is closed");
        }
    }

    /** From now on there are none. @return false if it was so before @throws IllegalStateException naming them, if some are open */
    synchronized boolean close() {
        if (closed) {
            return false;
        }
        if (!names.isEmpty()) {
            throw new IllegalStateException("model " + model + " has open sessions: " + String.join(", ", names.values()));
        }
        closed = true;
        return true;
    }
}
