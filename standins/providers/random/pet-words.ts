// Words for RandomPet.

/** First words of names of three and more words. */
export const ADVERBS: readonly string[] = (
  "always barely boldly brightly calmly clearly daily deeply easily fairly firmly freely gently gladly " +
  "highly kindly lightly loudly mostly neatly nicely often openly partly plainly proudly quickly " +
  "quietly rarely really safely seldom sharply simply slowly smoothly softly soon surely truly warmly " +
  "widely"
).split(" ");

/** Words before the last. */
export const ADJECTIVES: readonly string[] = (
  "agile amber ancient azure bold brave breezy bright brisk calm candid cheerful clever cosy crimson " +
  "curious daring dizzy eager early elder emerald fair famous fancy fearless fluffy gentle giant glad " +
  "golden graceful grand happy hazel honest humble ivory jolly keen kind lively loyal lucky mellow " +
  "merry mighty modest neat nimble noble olive patient playful polite proud quick quiet rapid rosy " +
  "royal scarlet shiny silent silver sleepy small smart snowy sober spry steady sturdy sunny swift tall " +
  "tidy tiny tranquil upbeat vivid warm wise witty young zesty"
).split(" ");

/** Last words. */
export const PETS: readonly string[] = (
  "ant antelope badger bat bear beaver bee bison blackbird boar buffalo butterfly camel canary cat " +
  "cheetah cobra cow crab crane crow deer dingo dog dolphin donkey dove dragonfly duck eagle eel " +
  "elephant falcon ferret finch flamingo fox frog gazelle gecko giraffe goat goose gorilla grasshopper " +
  "hamster hare hawk hedgehog heron herring horse hyena ibis iguana jackal jaguar kangaroo kingfisher " +
  "kiwi koala lark lemming lemur leopard lion lizard llama lobster lynx magpie meerkat mole mongoose " +
  "moose moth mouse mule newt nightingale octopus orca ostrich otter owl ox panda panther parrot " +
  "pelican penguin pheasant pig pigeon pony puffin puma quail rabbit raccoon ram raven reindeer robin " +
  "rooster salmon seahorse seal shark sheep shrew shrimp skunk sloth snail spider squid squirrel " +
  "starling stork swallow swan tapir tiger toad tortoise toucan trout turkey turtle viper vole vulture " +
  "walrus warbler wasp weasel whale wolf wombat woodpecker wren yak zebra"
).split(" ");
