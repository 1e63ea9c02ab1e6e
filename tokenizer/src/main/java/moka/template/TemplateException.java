package moka.template;

/** A template that is malformed, uses what is not supported, or refused the messages. One line, with line and column if known. */
public class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TemplateException(String message) {
        super(message);
    }
}
