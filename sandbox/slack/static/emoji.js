// The emoji that people use in cards and chat, by Slack's names; a name not listed here is shown as it was written.

const LISTED = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|raised_hands 🙌|clap 👏|pray 🙏|wave 👋|muscle 💪|point_right 👉|point_left 👈
point_up ☝️|point_down 👇|raised_hand ✋|handshake 🤝|eyes 👀|smile 😄|smiley 😃|grin 😁|grinning 😀|joy 😂|rofl 🤣|wink 😉|blush 😊
slightly_smiling_face 🙂|upside_down_face 🙃|thinking_face 🤔|sweat_smile 😅|sob 😭|cry 😢|sunglasses 😎|heart_eyes 😍|scream 😱
angry 😠|rage 😡|neutral_face 😐|face_palm 🤦|shrug 🤷|robot_face 🤖|ghost 👻|skull 💀|heart ❤️|broken_heart 💔|sparkles ✨|star ⭐
star2 🌟|fire 🔥|boom 💥|zap ⚡|tada 🎉|confetti_ball 🎊|100 💯|rocket 🚀|ship 🚢|construction 🚧|rotating_light 🚨|warning ⚠️
no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|x ❌|o ⭕|heavy_check_mark ✔️|white_check_mark ✅|ballot_box_with_check ☑️
heavy_multiplication_x ✖️|question ❓|grey_question ❔|exclamation ❗|bangbang ‼️|information_source ℹ️|bulb 💡|bell 🔔|no_bell 🔕
mega 📣|loudspeaker 📢|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|timer_clock ⏲️|alarm_clock ⏰|clock1 🕐|calendar 📅|date 📅
lock 🔒|unlock 🔓|key 🔑|shield 🛡️|hammer 🔨|wrench 🔧|gear ⚙️|hammer_and_wrench 🛠️|nut_and_bolt 🔩|link 🔗|paperclip 📎|pushpin 📌
round_pushpin 📍|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|books 📚|book 📖|bookmark 🔖|label 🏷️|package 📦
mailbox 📫|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤|speech_balloon 💬|thought_balloon 💭|mag 🔍|mag_right 🔎|bar_chart 📊
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|moneybag 💰|dollar 💵|credit_card 💳|receipt 🧾|computer 💻|desktop_computer 🖥️
floppy_disk 💾|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️|wastebasket 🗑️|broom 🧹|bug 🐛|beetle 🐞|ant 🐜|snail 🐌
turtle 🐢|rabbit 🐰|dog 🐶|cat 🐱|unicorn_face 🦄|bridge_at_night 🌉|earth_africa 🌍|earth_americas 🌎|globe_with_meridians 🌐|sunny ☀️
cloud ☁️|rainbow 🌈|umbrella ☔|snowflake ❄️|seedling 🌱|herb 🌿|evergreen_tree 🌲|coffee ☕|tea 🍵|beer 🍺|pizza 🍕|cake 🍰|cookie 🍪
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrows_counterclockwise 🔄|repeat 🔁|rewind ⏪|fast_forward ⏩|arrow_forward ▶️
double_vertical_bar ⏸️|black_square_for_stop ⏹️|red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢
large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_red_square 🟥|large_green_square 🟩|small_blue_diamond 🔹
small_orange_diamond 🔸|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|trophy 🏆|medal 🏅|dart 🎯|game_die 🎲|test_tube 🧪|microscope 🔬
satellite_antenna 📡|electric_plug 🔌|battery 🔋|door 🚪|busts_in_silhouette 👥|bust_in_silhouette 👤|spiral_calendar_pad 🗓️
skin-tone-2 🏻|skin-tone-3 🏼|skin-tone-4 🏽|skin-tone-5 🏾|skin-tone-6 🏿`;

const BY_NAME = new Map(LISTED.trim().split(/[|\n]/).map((entry) => entry.split(" ")));

export const emojiText = (name) => BY_NAME.get(name) ?? `:${name}:`;
