// Labels by which an image tells what it is and what it was made from.

/** "true" on an image of ours under an official reference. */
export const standInLabel = "tandem.stand-in";
/** The official reference that a stand-in stands for. */
export const standInOfLabel = "tandem.stand-in.of";
/** How a stand-in differs from the official image. */
export const standInNoteLabel = "tandem.stand-in.note";
/** Hash of everything that an image was made from; the same hash means that building it again changes nothing. */
export const sourceHashLabel = "tandem.source-hash";
