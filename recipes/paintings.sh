# The eight paintings of the gallery, as options; to be sourced by a recipe in which `paintings` is their folder.
styles=()
add() { styles+=(--style "${paintings:?}/$1" --style-title "$2" --painter "$3"); }
add starry_night.jpg "The Starry Night" "Vincent van Gogh"
add great_wave.jpg "The Great Wave off Kanagawa" "Katsushika Hokusai"
add the_scream.jpg "The Scream" "Edvard Munch"
add composition_vii.jpg "Composition VII" "Wassily Kandinsky"
add shipwreck.jpg "The Wreck of a Transport Ship" "J. M. W. Turner"
add delaunay_portrait.jpg "Portrait de Jean Metzinger" "Robert Delaunay"
add udnie.jpg "Udnie" "Francis Picabia"
add woman_with_a_hat.jpg "Woman with a Hat" "Henri Matisse"
